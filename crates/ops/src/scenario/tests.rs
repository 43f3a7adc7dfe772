#[test]
fn x() {
    let html = "<table>\n<tr><td>Key (serial number on its back)</td><td><strong>31415926</strong></td></tr>\n<tr><td>PIN</td><td><strong>48213790</strong></td></tr></table><p>Tell Ada the PIN.</p></body></html>";
    println!("{:?}", mail_parser::decoders::html::html_to_text(html));
}
