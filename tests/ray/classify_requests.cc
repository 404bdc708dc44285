// SPDX-License-Identifier: Apache-2.0
// Reads "METHOD PATH" lines and prints what each is: "<class> <operation>" or "refused <reason>".
#include <iostream>
#include <string>

#include "ray/operation.h"

int main() {
  using namespace raykeep::ray;
  std::string method;
  std::string target;
  while (std::cin >> method >> target) {
    const auto question = target.find('?');
    const std::string path = target.substr(0, question);
    const std::string query = question == std::string::npos ? "" : target.substr(question + 1);
    const auto matched = operation_of(method, path, query);
    if (matched) {
      std::cout << name_of(matched->operation->operation_class) << ' ' << matched->operation->id << '\n';
    } else {
      std::cout << "refused " << matched.error()->reason << '\n';
    }
  }
}
