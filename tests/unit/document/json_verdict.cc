// SPDX-License-Identifier: Apache-2.0
// Answers, for each line of hexadecimal text on standard input, "refused" or the canonical JSON in hexadecimal.
// json_against_python.py asks it the same questions as Python's reader.
#include <iostream>
#include <string>

#include "core/encoding.h"
#include "document/json.h"

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto node = raykeep::document::read_json(raykeep::hex_decode(line).value_or(""));
    std::cout << (node ? raykeep::hex_encode(raykeep::document::write_json(*node)) : "refused") << '\n';
  }
}
