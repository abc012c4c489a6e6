//! One self-contained HTML page: nothing is loaded from anywhere.

/// Text inside HTML.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A page with this title and body.
#[must_use]
pub fn page(title: &str, body: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><style>\
         body{{font:16px sans-serif;max-width:70em;margin:2em auto}}td,th{{padding:.2em .8em;text-align:left}}\
         figure{{margin:2em 0}}svg{{max-width:100%;height:auto}}</style></head><body>\n<h1>{title}</h1>\n{body}</body></html>\n"
    )
}
