fetch forward 1000 from survey
