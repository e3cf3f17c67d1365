close names
