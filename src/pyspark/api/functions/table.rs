//! Every plain function of `pyspark.sql.functions`, one line each.
//!
//! A line is: the Python name, Spark's name, and the parameters. A parameter is a column or a column's name; marks in front change that:
//!
//! | mark | the argument |
//! |---|---|
//! | `'p` | a literal, or a column |
//! | `~p` | text is a column's name, anything else a literal |
//! | `*p` | any number of columns (or one list) |
//! | `&p` | a Python function of columns |
//! | `p?` | may be left out |
//! | `'p=1` | has a default |

/// One function.
pub struct Entry {
    pub python: &'static str,
    pub spark: &'static str,
    pub parameters: &'static str,
}

macro_rules! table {
    ($($python:ident $(=> $spark:ident)? ( $parameters:literal )),* $(,)?) => {
        /// The table.
        pub const TABLE: &[Entry] = &[$(Entry {
            python: stringify!($python),
            spark: table!(@name $python $($spark)?),
            parameters: $parameters,
        }),*];
    };
    (@name $python:ident $spark:ident) => { stringify!($spark) };
    (@name $python:ident) => { stringify!($python) };
}

table! {
    // Mathematics.
    abs("col"), acos("col"), acosh("col"), asin("col"), asinh("col"), atan("col"), atanh("col"), atan2("~col1 ~col2"),
    bin("col"), bround("col 'scale=0"), cbrt("col"), ceil("col 'scale?"), ceiling("col 'scale?"), conv("col 'fromBase 'toBase"),
    cos("col"), cosh("col"), cot("col"), csc("col"), degrees("col"), toDegrees => degrees("col"), e(""), exp("col"), expm1("col"),
    factorial("col"), floor("col 'scale?"), greatest("*cols"), hex("col"), hypot("~col1 ~col2"), least("*cols"), ln("col"),
    log10("col"), log1p("col"), log2("col"), negate => negative("col"), negative("col"), pi(""), pmod("~dividend ~divisor"),
    positive("col"), pow("~col1 ~col2"), power("~col1 ~col2"), radians("col"), toRadians => radians("col"), rint("col"),
    round("col 'scale=0"), sec("col"), sign("col"), signum("col"), sin("col"), sinh("col"), sqrt("col"), tan("col"), tanh("col"),
    try_add("left right"), try_divide("left right"), try_mod("left right"), try_multiply("left right"),
    try_subtract("left right"), unhex("col"), width_bucket("v min max ~numBucket"), shiftleft("col 'numBits"),
    shiftLeft => shiftleft("col 'numBits"), shiftright("col 'numBits"), shiftRight => shiftright("col 'numBits"),
    shiftrightunsigned("col 'numBits"), shiftRightUnsigned => shiftrightunsigned("col 'numBits"), bit_count("col"),
    bit_get("col pos"), bitmap_bit_position("col"), bitmap_bucket_number("col"), bitmap_count("col"), getbit("col pos"), uniform("~min ~max 'seed?"), randstr("~length 'seed?"),
    // Text.
    ascii("col"), base64("col"), bit_length("col"), btrim("str trim?"), char("col"), char_length("str"), character_length("str"),
    chr("n"), concat("*cols"), contains("left right"), decode("col 'charset"), elt("*inputs"), encode("col 'charset"),
    endswith("str suffix"), find_in_set("str str_array"), format_number("col 'd"), initcap("col"), instr("str 'substr 'start? 'occurrence?"),
    is_valid_utf8("str"), validate_utf8("str"), try_validate_utf8("str"), to_base32("col"), from_base32("col"),
    jaro_winkler_similarity("left right"), collation("col"), lcase("str"), left("str len"), length("col"), levenshtein("left right 'threshold?"),
    locate("'substr str 'pos=1"), lower("col"), lpad("col 'len 'pad"), ltrim("col trim?"),
    make_valid_utf8("str"), mask("col upperChar? lowerChar? digitChar? otherChar?"), octet_length("col"),
    overlay("~src ~replace ~pos ~len=-1"), position("substr str start?"), quote("col"), regexp("str regexp"),
    regexp_count("str regexp"), regexp_extract("str 'pattern 'idx"), regexp_extract_all("str regexp ~idx?"),
    regexp_instr("str regexp ~idx?"), regexp_like("str regexp"), regexp_replace("string 'pattern 'replacement 'position?"),
    regexp_substr("str regexp"), repeat("col ~n"), replace("src search replace?"), right("str len"),
    rlike("str regexp"), rpad("col 'len 'pad"), rtrim("col trim?"), sentences("string language? country?"), soundex("col"),
    split("str 'pattern ~limit=-1"), split_part("src delimiter partNum"), startswith("str prefix"), substr("str pos len?"),
    substring("str ~pos ~len"), substring_index("str 'delim 'count"), to_binary("col format?"), to_char("col format"),
    to_number("col format"), to_varchar("col format"), translate("srcCol 'matching 'replace"), trim("col trim?"),
    try_to_binary("col format?"), try_to_number("col format"), ucase("str"), unbase64("col"), upper("col"), url_decode("str"),
    url_encode("str"), try_url_decode("str"), parse_url("url partToExtract key?"), try_parse_url("url partToExtract key?"), hmac("key message algorithm?"),
    aes_encrypt("input key mode? padding? iv? aad?"), aes_decrypt("input key mode? padding? aad?"),
    try_aes_decrypt("input key mode? padding? aad?"), like("str pattern 'escapeChar?"),
    ilike("str pattern 'escapeChar?"), crc32("col"), md5("col"), sha("col"), sha1("col"), hash("*cols"),
    xxhash64("*cols"), typeof("col"), mode("col 'deterministic?"),
    // Dates and times.
    add_months("start ~months"), convert_timezone("sourceTz? targetTz sourceTs"), curdate(""), current_date(""),
    current_timestamp(""), now(""), localtimestamp(""), current_timezone(""), date_add("start ~days"), dateadd => date_add("start ~days"),
    date_diff("end start"), datediff("end start"), date_format("date 'format"), date_from_unix_date("days"), date_part("field source"),
    datepart("field source"), extract("field source"), date_sub("start ~days"), date_trunc("'format timestamp"), day("col"), dayname("col"),
    dayofmonth("col"), dayofweek("col"), dayofyear("col"), from_unixtime("timestamp 'format='yyyy-MM-dd HH:mm:ss"),
    from_utc_timestamp("timestamp 'tz"), hour("col"), last_day("date"), make_date("year month day"),
    make_dt_interval("days=0 hours=0 mins=0 secs=0"), make_interval("years=0 months=0 weeks=0 days=0 hours=0 mins=0 secs=0"),
    make_timestamp("years? months? days? hours? mins? secs? timezone? date? time?"), make_timestamp_ltz("years months days hours mins secs timezone?"),
    make_timestamp_ntz("years? months? days? hours? mins? secs? date? time?"), try_make_timestamp("years? months? days? hours? mins? secs? timezone? date? time?"),
    try_make_timestamp_ltz("years months days hours mins secs timezone?"), try_make_timestamp_ntz("years? months? days? hours? mins? secs? date? time?"), make_ym_interval("years=0 months=0"), minute("col"), month("col"),
    monthname("col"), months_between("date1 date2 'roundOff=true"), next_day("date 'dayOfWeek"), quarter("col"), second("col"),
    timestamp_add("'unit quantity ts"), timestamp_diff("'unit start end"), timestamp_micros("col"), timestamp_millis("col"),
    timestamp_seconds("col"), to_date("col 'format?"), to_timestamp("col 'format?"), to_timestamp_ltz("timestamp format?"),
    to_timestamp_ntz("timestamp format?"), to_unix_timestamp("timestamp format?"), to_utc_timestamp("timestamp 'tz"),
    trunc("date 'format"), try_to_date("col 'format?"), try_to_timestamp("col format?"), unix_date("col"), unix_micros("col"),
    unix_millis("col"), unix_seconds("col"), unix_timestamp("timestamp? 'format='yyyy-MM-dd HH:mm:ss"), weekday("col"),
    weekofyear("col"), window_time("windowColumn"), time_bucket("bucket_size ts origin?"), year("col"), try_make_interval("years=0 months=0 weeks=0 days=0 hours=0 mins=0 secs=0"),
    // Shapes.
    st_asbinary("geo 'endianness?"), st_geogfromwkb("wkb"), st_geomfromwkb("wkb ~srid?"), st_setsrid("geo ~srid"), st_srid("geo"),
    // Nulls and choices.
    coalesce("*cols"), equal_null("col1 col2"), ifnull("col1 col2"), isnan("col"), isnotnull("col"), isnull("col"), nanvl("col1 col2"),
    nullif("col1 col2"), nullifzero("col"), nvl("col1 col2"), nvl2("col1 col2 col3"), zeroifnull("col"),
    // Arrays, maps, structs.
    vector_cosine_similarity("left right"), vector_inner_product("left right"), vector_l2_distance("left right"),
    vector_norm("vector degree?"), vector_normalize("vector degree?"),
    array_append("col 'value"), array_compact("col"), array_contains("col 'value"), array_distinct("col"),
    array_except("col1 col2"), array_insert("arr ~pos 'value"), array_intersect("col1 col2"),
    array_join("col 'delimiter 'null_replacement?"), array_max("col"), array_min("col"), array_position("col 'value"),
    array_prepend("col 'value"), array_remove("col 'element"), array_repeat("col ~count"), array_size("col"),
    array_union("col1 col2"), arrays_overlap("a1 a2"), arrays_zip("*cols"), cardinality("col"), element_at("col 'extraction"),
    explode("col"), explode_outer("col"), flatten("col"), get("col ~index"), inline("col"), inline_outer("col"),
    map_concat("*cols"), map_contains_key("col 'value"), map_entries("col"), map_from_arrays("col1 col2"),
    map_from_entries("col"), map_keys("col"), map_values("col"), named_struct("*cols"), posexplode("col"),
    posexplode_outer("col"), reverse("col"), sequence("start stop step?"), size("col"), slice("x ~start ~length"),
    sort_array("col 'asc=true"), stack("*cols"), str_to_map("text pairDelim? keyValueDelim?"), try_element_at("col extraction"),
    transform("col &f"), filter("col &f"), exists("col &f"), forall("col &f"), zip_with("left right &f"),
    transform_keys("col &f"), transform_values("col &f"), map_filter("col &f"), map_zip_with("col1 col2 &f"),
    aggregate("col ~initialValue &merge &finish?"), reduce("col ~initialValue &merge &finish?"), array_sort("col &comparator?"),
    // JSON and CSV.
    get_json_object("col 'path"), json_array_length("col"), json_object_keys("col"),
    // XML.
    xpath("xml path"), xpath_boolean("xml path"), xpath_double("xml path"),
    xpath_float("xml path"), xpath_int("xml path"), xpath_long("xml path"),
    xpath_number("xml path"), xpath_short("xml path"), xpath_string("xml path"),
    // Aggregates.
    any_value("col 'ignoreNulls?"), approx_count_distinct("col 'rsd?"), approxCountDistinct => approx_count_distinct("col 'rsd?"),
    array_agg("col"), avg("col"), bit_and("col"), bit_or("col"), bit_xor("col"), bool_and("col"), bool_or("col"), collect_list("col"),
    collect_set("col"), corr("col1 col2"), count("col"), count_if("col"), covar_pop("col1 col2"), covar_samp("col1 col2"), every("col"),
    grouping("col"), grouping_id("*cols"), histogram_numeric("col nBins"), kurtosis("col"), max("col"), max_by("col ord 'k?"),
    mean => avg("col"), median("col"), min("col"), min_by("col ord 'k?"), percentile("col 'percentage 'frequency=1"), product("col"),
    percentile_approx("col 'percentage 'accuracy=10000"), approx_percentile("col 'percentage 'accuracy=10000"),
    regr_avgx("y x"), regr_avgy("y x"), regr_count("y x"), regr_intercept("y x"), regr_r2("y x"), regr_slope("y x"), regr_sxx("y x"),
    regr_sxy("y x"), regr_syy("y x"), skewness("col"), some("col"), std("col"), stddev("col"), stddev_pop("col"), stddev_samp("col"),
    sum("col"), try_avg("col"), try_sum("col"), var_pop("col"), var_samp("col"), variance("col"), listagg("col 'delimiter?"), string_agg("col 'delimiter?"),
    bitmap_and_agg("col"), bitmap_construct_agg("col"), bitmap_or_agg("col"), collect_union("col"), vector_avg("col"), vector_sum("col"),
    // Sketches.
    parse_json("col"), try_parse_json("col"), is_variant_null("v"), is_valid_variant("v"), schema_of_variant("v"), schema_of_variant_agg("v"),
    to_variant_object("col"), variant_strip_nulls("v 'include_arrays=true"), variant_insert("v 'path value"), try_variant_insert("v 'path value"),
    variant_set("v 'path value 'create_if_missing=true"), try_variant_set("v 'path value 'create_if_missing=true"),
    variant_array_append("v 'path value"), try_variant_array_append("v 'path value"),
    count_min_sketch("col 'eps 'confidence 'seed?"),
    hll_sketch_agg("col 'lgConfigK=12"),
    hll_union_agg("col 'allowDifferentLgConfigK=false"),
    hll_sketch_estimate("col"),
    hll_union("col1 col2 'allowDifferentLgConfigK=false"),
    theta_sketch_agg("col 'lgNomEntries=12"),
    theta_union_agg("col 'lgNomEntries=12"),
    theta_intersection_agg("col"),
    theta_sketch_estimate("col"),
    theta_union("col1 col2 'lgNomEntries=12"),
    theta_intersection("col1 col2"),
    theta_difference("col1 col2"),
    tuple_sketch_agg_double("key summary 'lgNomEntries=12 'mode=sum"),
    tuple_union_agg_double("col 'lgNomEntries=12 'mode=sum"),
    tuple_intersection_agg_double("col 'mode=sum"),
    tuple_sketch_estimate_double("col"),
    tuple_sketch_summary_double("col 'mode=sum"),
    tuple_sketch_theta_double("col"),
    tuple_union_double("col1 col2 'lgNomEntries=12 'mode=sum"),
    tuple_intersection_double("col1 col2 'mode=sum"),
    tuple_difference_double("col1 col2"),
    tuple_difference_theta_double("col1 col2"),
    tuple_intersection_theta_double("col1 col2 'mode=sum"),
    tuple_union_theta_double("col1 col2 'lgNomEntries=12 'mode=sum"),
    tuple_sketch_agg_integer("key summary 'lgNomEntries=12 'mode=sum"),
    tuple_union_agg_integer("col 'lgNomEntries=12 'mode=sum"),
    tuple_intersection_agg_integer("col 'mode=sum"),
    tuple_sketch_estimate_integer("col"),
    tuple_sketch_summary_integer("col 'mode=sum"),
    tuple_sketch_theta_integer("col"),
    tuple_union_integer("col1 col2 'lgNomEntries=12 'mode=sum"),
    tuple_intersection_integer("col1 col2 'mode=sum"),
    tuple_difference_integer("col1 col2"),
    tuple_difference_theta_integer("col1 col2"),
    tuple_intersection_theta_integer("col1 col2 'mode=sum"),
    tuple_union_theta_integer("col1 col2 'lgNomEntries=12 'mode=sum"),
    kll_sketch_agg_bigint("col 'k?"),
    kll_merge_agg_bigint("col 'k?"),
    kll_sketch_to_string_bigint("col"),
    kll_sketch_get_n_bigint("col"),
    kll_sketch_merge_bigint("left right"),
    kll_sketch_get_quantile_bigint("sketch rank"),
    kll_sketch_get_rank_bigint("sketch quantile"),
    kll_sketch_agg_float("col 'k?"),
    kll_merge_agg_float("col 'k?"),
    kll_sketch_to_string_float("col"),
    kll_sketch_get_n_float("col"),
    kll_sketch_merge_float("left right"),
    kll_sketch_get_quantile_float("sketch rank"),
    kll_sketch_get_rank_float("sketch quantile"),
    kll_sketch_agg_double("col 'k?"),
    kll_merge_agg_double("col 'k?"),
    kll_sketch_to_string_double("col"),
    kll_sketch_get_n_double("col"),
    kll_sketch_merge_double("left right"),
    kll_sketch_get_quantile_double("sketch rank"),
    kll_sketch_get_rank_double("sketch quantile"),
    // Windows.
    counter_diff("value startTime?"), cume_dist(""), dense_rank(""), ntile("'n"), percent_rank(""), rank(""), row_number(""),
    // Other.
    bitwise_not("col"), bitwiseNOT => bitwise_not("col"), current_catalog(""), current_database => current_schema(""), current_schema(""), current_user(""), user(""),
    session_user(""), input_file_name(""), monotonically_increasing_id(""), raise_error("'errMsg"), assert_true("col 'errMsg?"),
    rand("'seed?"), randn("'seed?"), shuffle("col 'seed?"), spark_partition_id(""), uuid("'seed?"), version(""),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_function_is_listed_twice() {
        let mut names: Vec<&str> = TABLE.iter().map(|entry| entry.python).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn what_the_table_calls_exists() {
        let missing: Vec<&str> = TABLE
            .iter()
            .map(|entry| entry.spark)
            .filter(|name| !matches!(*name, "bitwise_not" | "not") && crate::logical::functions::lookup(name).is_none())
            .collect();
        assert!(missing.len() < 20, "many functions are not there: {missing:?}");
    }
}
