-- What is known of these customers ($1), each attribute from the newest of their documents that carries its key. The
-- order's columns say what a document carries; where one has nothing, the document itself is asked whether the key is
-- there and empty, but only documents newer than the newest that has something. A customer without orders keeps what
-- was known last; of an erased one nothing comes back.
--
-- A key that a customer merged into it had already leads to it: it keeps its own besides, so that later sales under
-- either find it.
--
-- Answers with the keys that somebody must be given or denied: e-mails and Shopify customer ids.
with documents as (
    select c.customer_id, c.email_match as held_email, c.shop_customer_id as held_shop, o.order_id, o.origin,
           o.origin_id, o.shop_customer_id,
           row_number() over (partition by c.customer_id
                              order by coalesce(d.update_time, d.observed_at) desc nulls last,
                                       d.version desc nulls last, o.order_id) as place,
           coalesce(o.customer_email, o.email, o.contact_email) as email,
           coalesce(o.customer_phone, o.phone) as phone,
           o.customer_first_name as first_name,
           o.customer_last_name as last_name,
           o.customer_state as state,
           o.customer_verified_email as verified_email,
           o.customer_tax_exempt as tax_exempt,
           o.customer_tags as tags,
           o.customer_note as note,
           o.customer_currency as currency,
           coalesce(o.customer_email_consent,
                    case when o.customer_accepts_marketing is not null
                         then jsonb_build_object(
                             'state', case when o.customer_accepts_marketing then 'subscribed'
                                           else 'not_subscribed' end,
                             'opt_in_level', o.customer_marketing_opt_in_level,
                             'consent_updated_at', o.customer_accepts_marketing_updated_at::text) end)
               as email_consent,
           o.customer_sms_consent as sms_consent,
           o.customer_created_at as created_at,
           o.customer_updated_at as updated_at,
           exists (select
                     from ordersync.order_addresses a
                    where a.order_id = o.order_id
                      and a.kind = 'customer_default') as has_address
      from ordersync.customers c
      join ordersync.orders o using (customer_id)
      left join ordersync.source_documents d on d.source = o.origin and d.source_id = o.origin_id
     where c.customer_id = any ($1::uuid[])
       and c.erased_at is null
       and c.merged_into is null
), placed as (
    select *,
           min(place) filter (where shop_customer_id is not null) over person as shop_place,
           min(place) filter (where email is not null) over person as email_place,
           min(place) filter (where phone is not null) over person as phone_place,
           min(place) filter (where first_name is not null) over person as first_name_place,
           min(place) filter (where last_name is not null) over person as last_name_place,
           min(place) filter (where state is not null) over person as state_place,
           min(place) filter (where verified_email is not null) over person as verified_email_place,
           min(place) filter (where tax_exempt is not null) over person as tax_exempt_place,
           min(place) filter (where tags is not null) over person as tags_place,
           min(place) filter (where note is not null) over person as note_place,
           min(place) filter (where currency is not null) over person as currency_place,
           min(place) filter (where email_consent is not null) over person as email_consent_place,
           min(place) filter (where sms_consent is not null) over person as sms_consent_place,
           min(place) filter (where created_at is not null) over person as created_at_place,
           min(place) filter (where updated_at is not null) over person as updated_at_place,
           min(place) filter (where has_address) over person as address_place
      from documents
    window person as (partition by customer_id)
), told as materialized (
    select p.*,
           case when p.place < greatest(
                    p.email_place, p.phone_place, p.first_name_place, p.last_name_place, p.state_place,
                    p.verified_email_place, p.tax_exempt_place, p.tags_place, p.note_place, p.currency_place,
                    p.email_consent_place, p.sms_consent_place, p.created_at_place, p.updated_at_place,
                    p.address_place)
                then (select d.document -> 'customer'
                        from ordersync.source_documents d
                       where d.source = p.origin
                         and d.source_id = p.origin_id
                         and jsonb_typeof(d.document -> 'customer') = 'object') end as said
      from placed p
), newest as (
    select customer_id, held_email, held_shop,
           max(shop_customer_id) filter (where place = shop_place) as told_shop,
           case when bool_or(place < email_place and said ? 'email') is not true
                then max(email) filter (where place = email_place) end as email,
           case when bool_or(place < phone_place and said ? 'phone') is not true
                then max(phone) filter (where place = phone_place) end as phone,
           case when bool_or(place < first_name_place and said ? 'first_name') is not true
                then max(first_name) filter (where place = first_name_place) end as first_name,
           case when bool_or(place < last_name_place and said ? 'last_name') is not true
                then max(last_name) filter (where place = last_name_place) end as last_name,
           case when bool_or(place < state_place and said ? 'state') is not true
                then max(state) filter (where place = state_place) end as state,
           case when bool_or(place < verified_email_place and said ? 'verified_email') is not true
                then bool_or(verified_email) filter (where place = verified_email_place) end as verified_email,
           case when bool_or(place < tax_exempt_place and said ? 'tax_exempt') is not true
                then bool_or(tax_exempt) filter (where place = tax_exempt_place) end as tax_exempt,
           case when bool_or(place < tags_place and said ? 'tags') is not true
                then max(tags) filter (where place = tags_place) end as tags,
           case when bool_or(place < note_place and said ? 'note') is not true
                then max(note) filter (where place = note_place) end as note,
           case when bool_or(place < currency_place and said ? 'currency') is not true
                then max(currency) filter (where place = currency_place) end as currency,
           case when bool_or(place < email_consent_place
                             and said ?| array['email_marketing_consent', 'accepts_marketing']) is not true
                then (array_agg(email_consent) filter (where place = email_consent_place))[1] end as email_consent,
           case when bool_or(place < sms_consent_place and said ? 'sms_marketing_consent') is not true
                then (array_agg(sms_consent) filter (where place = sms_consent_place))[1] end as sms_consent,
           case when bool_or(place < created_at_place and said ? 'created_at') is not true
                then max(created_at) filter (where place = created_at_place) end as created_at,
           case when bool_or(place < updated_at_place and said ? 'updated_at') is not true
                then max(updated_at) filter (where place = updated_at_place) end as updated_at,
           case when bool_or(place < address_place and said ? 'default_address') is not true
                then max(origin_id) filter (where place = address_place) end as address_id,
           max(origin) filter (where place = address_place) as address_origin
      from told
     group by customer_id, held_email, held_shop
), fresh as materialized (
    select n.*,
           case when n.held_email is not null and ordersync.match_email(n.email) = any (l.emails)
                then n.held_email else ordersync.match_email(n.email) end as email_match,
           case when n.held_shop is not null and n.told_shop = any (l.shops)
                then n.held_shop else n.told_shop end as shop_customer_id,
           ordersync.match_phone(n.phone) as phone_match,
           (select nullif(d.document #> '{customer,default_address}', 'null')
              from ordersync.source_documents d
             where d.source = n.address_origin
               and d.source_id = n.address_id) as default_address
      from newest n
      cross join lateral (
          select array_agg(g.email_match) as emails, array_agg(g.shop_customer_id) as shops
            from ordersync.customer_merges m
            join ordersync.customers g on g.customer_id = any (m.gone || m.led)
           where m.kept = n.customer_id
             and g.merged_into = m.kept) l
), written as (
    update ordersync.customers c
       set email = f.email, phone = f.phone, first_name = f.first_name, last_name = f.last_name, state = f.state,
           verified_email = f.verified_email, tax_exempt = f.tax_exempt, tags = f.tags, note = f.note,
           currency = f.currency, email_consent = f.email_consent, sms_consent = f.sms_consent,
           default_address = f.default_address, shop_created_at = f.created_at, shop_updated_at = f.updated_at,
           phone_match = f.phone_match,
           -- A key that it does not hold yet is claimed first: the statements that follow decide.
           email_match = case when c.email_match = f.email_match then c.email_match end,
           email_claim = case when c.email_match is distinct from f.email_match then f.email_match end,
           shop_customer_id = case when c.shop_customer_id = f.shop_customer_id then c.shop_customer_id end,
           shop_customer_claim = case when c.shop_customer_id is distinct from f.shop_customer_id
                                      then f.shop_customer_id end,
           updated_at = now()
      from fresh f
     where c.customer_id = f.customer_id
       and c.erased_at is null
       and c.merged_into is null
       and (c.email, c.phone, c.first_name, c.last_name, c.state, c.verified_email, c.tax_exempt, c.tags, c.note,
            c.currency, c.email_consent, c.sms_consent, c.default_address, c.shop_created_at, c.shop_updated_at,
            c.phone_match, coalesce(c.email_match, c.email_claim),
            coalesce(c.shop_customer_id, c.shop_customer_claim))
           is distinct from
           (f.email, f.phone, f.first_name, f.last_name, f.state, f.verified_email, f.tax_exempt, f.tags, f.note,
            f.currency, f.email_consent, f.sms_consent, f.default_address, f.created_at, f.updated_at,
            f.phone_match, f.email_match, f.shop_customer_id)
)
select (select array_agg(distinct k.key)
          from fresh f
          cross join lateral (values (f.held_email), (f.email_match)) k (key)
         where f.held_email is distinct from f.email_match
           and k.key is not null),
       (select array_agg(distinct k.key)
          from fresh f
          cross join lateral (values (f.held_shop), (f.shop_customer_id)) k (key)
         where f.held_shop is distinct from f.shop_customer_id
           and k.key is not null)
