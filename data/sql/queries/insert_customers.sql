insert into ordersync.customers
    (customer_id, shop_customer_id, email, email_match, phone, phone_match, first_name, last_name, state,
     verified_email, tax_exempt, tags, note, currency, email_consent, sms_consent, default_address,
     shop_created_at, shop_updated_at)
select v.customer_id::uuid, v.shop_customer_id::bigint, v.email, v.email_match, v.phone, v.phone_match,
       v.first_name, v.last_name, v.state, v.verified_email::boolean, v.tax_exempt::boolean,
       v.tags::text[], v.note, v.currency, v.email_consent::jsonb, v.sms_consent::jsonb,
       v.default_address::jsonb, v.shop_created_at::timestamptz, v.shop_updated_at::timestamptz
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
              $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
              $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[])
       v (customer_id, shop_customer_id, email, email_match, phone, phone_match, first_name, last_name,
          state, verified_email, tax_exempt, tags, note, currency, email_consent, sms_consent,
          default_address, shop_created_at, shop_updated_at)
on conflict do nothing
returning customer_id
