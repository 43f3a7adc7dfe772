#!/usr/bin/env bash
# Makes the subsets in this folder from the DejaVu fonts 2.37 in the folder $1, with pyftsubset of fonttools 4.61.1.
set -euo pipefail
cd "$(dirname "$0")"

wide='U+0020-007E,U+00A0-00AC,U+00AE-024F,U+0259,U+02B9-02BC,U+0370-03FF,U+0400-052F,U+0531-0556,U+0559-058A'
wide+=',U+10D0-10FF,U+1E00-1EFF,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+2030,U+2032-2033,U+2039-203A,U+2044'
wide+=',U+20AC,U+2116,U+2122'

subset() {
  pyftsubset "$1" --unicodes="$2" --output-file="$3" --layout-features= --no-hinting --notdef-outline \
    --name-IDs=0,1,2,3,4,5,6,13,14 --drop-tables+=GPOS,GSUB,GDEF,MATH,kern,FFTM
}

subset "$1/DejaVuSans.ttf" "$wide" sans.ttf
subset "$1/DejaVuSans-Bold.ttf" 'U+0020-007E,U+00A0-00AC,U+00AE-017F,U+2013,U+2014,U+2019' bold.ttf
subset "$1/DejaVuSansMono-Bold.ttf" 'U+0020-007E' mono.ttf
