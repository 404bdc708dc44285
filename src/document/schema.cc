// SPDX-License-Identifier: Apache-2.0
#include "document/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/encoding.h"
#include "core/ip_network.h"
#include "core/suggest.h"
#include "core/time_text.h"

namespace raykeep::document {
namespace {

std::string_view name_of(ValueType type) {
  switch (type) {
    case ValueType::kObject:
    case ValueType::kMap: return "a mapping";
    case ValueType::kList: return "a list";
    case ValueType::kString: return "a text";
    case ValueType::kBoolean: return "true or false";
    case ValueType::kInteger:
    case ValueType::kSigned: return "a whole number";
    case ValueType::kDuration: return "a duration such as 30s, 15m, 12h or 7d";
    case ValueType::kSize: return "a size such as 1048576, 64KiB, 100MiB";
    case ValueType::kNetwork: return "an address or network such as 10.0.0.0/8 or 2001:db8::/32 (no host bits set)";
    case ValueType::kChoice: return "one of the choices";
    case ValueType::kSame: return "the same";
    case ValueType::kAny: return "anything";
  }
  return "a value";
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t end = text.find(separator);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + separator.size());
  }
}

// A whole number, duration (in milliseconds) or size as a number to compare.
std::optional<std::uint64_t> measure(ValueType type, std::string_view text) {
  if (type == ValueType::kSize) return parse_size(text);
  if (type == ValueType::kDuration) {
    const auto duration = parse_duration(text);
    return duration ? std::optional<std::uint64_t>(duration->count()) : std::nullopt;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

// Empty when the value is of the key's type and in its range, else what is expected.
std::string measure_problem(const Node& value, const Key& key) {
  const bool right_kind = key.type == ValueType::kInteger ? value.is_integer() : value.is_string() || value.is_integer();
  const auto measured = right_kind ? measure(key.type, value.text()) : std::nullopt;
  if (key.choices.empty()) return measured ? "" : std::string(name_of(key.type));
  const auto bounds = split(key.choices, "..");
  if (measured && *measured >= *measure(key.type, bounds[0]) && *measured <= *measure(key.type, bounds[1])) return "";
  return fmt::format("{} from {} to {}", name_of(key.type), bounds[0], bounds[1]);
}

std::string choice_problem(const Node& value, const Key& key) {
  const auto choices = split(key.choices, "|");
  // Numbers, too, so that "min_version: 1.3" needs no quotes.
  const bool known = (value.is_string() || value.is_number()) && std::find(choices.begin(), choices.end(), value.text()) != choices.end();
  return known ? "" : fmt::format("one of {}", fmt::join(choices, ", "));
}

std::string string_problem(const Node& value) {
  if (value.is_string()) return "";
  // YAML reads 010 as 8 and yes as true: taking those for a name would change it.
  const bool meant = value.is_number() || value.is_boolean();
  return meant ? "a text; YAML takes this for a number or a boolean, so put it in quotes" : "a text";
}

// Empty when the value is of the key's type, else what is expected.
std::string problem_of(const Node& value, const Key& key) {
  switch (key.type) {
    case ValueType::kObject:
    case ValueType::kMap: return value.is_mapping() ? "" : std::string(name_of(key.type));
    case ValueType::kList: return value.is_sequence() ? "" : std::string(name_of(key.type));
    case ValueType::kString: return string_problem(value);
    case ValueType::kSigned: return value.is_integer() ? "" : std::string(name_of(key.type));
    case ValueType::kBoolean: return value.is_boolean() ? "" : std::string(name_of(key.type));
    case ValueType::kInteger:
    case ValueType::kDuration:
    case ValueType::kSize: return measure_problem(value, key);
    case ValueType::kNetwork: return value.is_string() && IpNetwork::parse(value.text()) ? "" : std::string(name_of(key.type));
    case ValueType::kChoice: return choice_problem(value, key);
    case ValueType::kSame:
    case ValueType::kAny: return "";
  }
  return "";
}

const Key* find_key(std::span<const Key> keys, std::string_view path) {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.path == path; });
  return found == keys.end() ? nullptr : &*found;
}

class Validator {
 public:
  explicit Validator(std::span<const Key> keys) : keys_(keys) {}

  // `shown` is the path as the text has it, where keys are described under that of another.
  void check(const Node& value, const std::string& path, const std::string& shown) {
    if (path.empty()) return check_object(value, path, shown);
    const Key* key = find(path);
    if (key == nullptr) return;
    if (key->type == ValueType::kSame) return check(value, std::string(key->choices), shown);
    const std::string problem = problem_of(value, *key);
    if (!problem.empty()) {
      mistakes_.push_back({&kWrongValue, fmt::format("\"{}\" must be {}", shown, problem), &value});
      return;
    }
    if (key->type == ValueType::kObject) check_object(value, path, shown);
    if (key->type == ValueType::kMap) {
      for (const Member& member : value.members()) check(member.value, path + ".*", shown + "." + std::string(member.name()));
    }
    if (key->type == ValueType::kList) {
      for (const Node& item : value.items()) check(item, path + "[]", shown + "[]");
    }
  }
  std::vector<Mistake> take() { return std::move(mistakes_); }

 private:
  const Key* find(std::string_view path) const { return find_key(keys_, path); }

  // The names that may stand in the object at `path`.
  std::vector<std::string_view> names_in(const std::string& path) const {
    std::vector<std::string_view> out;
    const std::string prefix = path.empty() ? "" : path + ".";
    for (const Key& key : keys_) {
      if (!key.path.starts_with(prefix)) continue;
      const std::string_view name = key.path.substr(prefix.size());
      if (name.find_first_of(".[*") == std::string_view::npos) out.push_back(name);
    }
    return out;
  }

  void check_object(const Node& value, const std::string& path, const std::string& shown) {
    const std::string prefix = path.empty() ? "" : path + ".";
    for (const Member& member : value.members()) {
      std::string below = prefix + std::string(member.name());
      if (member.name().find_first_of(".[*") == std::string_view::npos && find(below) != nullptr) check(member.value, below, shown.empty() ? std::string(member.name()) : shown + "." + std::string(member.name()));
      else mistakes_.push_back(unknown(member, shown, names_in(path)));
    }
    for (const Key& key : keys_) {
      if (!key.required || !key.path.starts_with(prefix)) continue;
      const std::string_view name = key.path.substr(prefix.size());
      if (name.find_first_of(".[*") != std::string_view::npos || value.find(name) != nullptr) continue;
      const std::string where = shown.empty() ? "" : fmt::format(" in \"{}\"", shown);
      mistakes_.push_back({&kMissingKey, fmt::format("\"{}\" is missing{}: {}", name, where, key.text), &value});
    }
  }

  static Mistake unknown(const Member& member, const std::string& path, const std::vector<std::string_view>& names) {
    std::string text = fmt::format("unknown key \"{}\"", member.name());
    if (!path.empty()) text += fmt::format(" in \"{}\"", path);
    if (const auto meant = suggest(member.name(), names)) {
      text += fmt::format("; did you mean \"{}\"?", *meant);
    } else {
      text += fmt::format("; known are {}", fmt::join(names, ", "));
    }
    return {&kUnknownKey, std::move(text), &member.key};
  }

  std::span<const Key> keys_;
  std::vector<Mistake> mistakes_;
};

std::string schema_of(std::span<const Key> keys, const Key& key);

std::string properties_of(std::span<const Key> keys, const std::string& path) {
  std::string properties;
  std::string required;
  const std::string prefix = path.empty() ? "" : path + ".";
  for (const Key& key : keys) {
    if (!key.path.starts_with(prefix)) continue;
    const std::string_view name = key.path.substr(prefix.size());
    if (name.find_first_of(".[*") != std::string_view::npos) continue;
    properties += fmt::format("{}{}:{}", properties.empty() ? "" : ",", json_quote(name), schema_of(keys, key));
    if (key.required) required += (required.empty() ? "" : ",") + json_quote(name);
  }
  return fmt::format("\"type\":\"object\",\"additionalProperties\":false,\"properties\":{{{}}},\"required\":[{}]", properties, required);
}

const Key& key_at(std::span<const Key> keys, std::string_view path) { return *find_key(keys, path); }

// The default as JSON writes it: numbers and booleans bare.
std::string default_of(const Key& key) {
  const bool bare = key.type == ValueType::kBoolean || (key.type == ValueType::kInteger && measure(key.type, key.fallback));
  return bare ? std::string(key.fallback) : json_quote(key.fallback);
}

std::string range_of(const Key& key) {
  if (key.choices.empty()) return ",\"minimum\":0";
  const auto bounds = split(key.choices, "..");
  return fmt::format(",\"minimum\":{},\"maximum\":{}", bounds[0], bounds[1]);
}

std::string schema_of(std::span<const Key> keys, const Key& key) {
  std::string out = "{\"description\":" + json_quote(key.text);
  if (!key.fallback.empty()) out += ",\"default\":" + default_of(key);
  if (key.secret) out += ",\"writeOnly\":true";
  switch (key.type) {
    case ValueType::kObject: out += "," + properties_of(keys, std::string(key.path)); break;
    case ValueType::kMap:
      out += ",\"type\":\"object\",\"additionalProperties\":" + schema_of(keys, key_at(keys, std::string(key.path) + ".*"));
      break;
    case ValueType::kList: out += ",\"type\":\"array\",\"items\":" + schema_of(keys, key_at(keys, std::string(key.path) + "[]")); break;
    case ValueType::kBoolean: out += ",\"type\":\"boolean\""; break;
    case ValueType::kInteger: out += ",\"type\":\"integer\"" + range_of(key); break;
    case ValueType::kSigned: out += ",\"type\":\"integer\""; break;
    case ValueType::kSize: out += R"(,"type":["integer","string"],"minimum":0,"pattern":"^[0-9]+([KMG]iB)?$")"; break;
    case ValueType::kSame: return schema_of(keys, key_at(keys, key.choices));
    case ValueType::kDuration: out += R"(,"type":"string","pattern":"^[0-9]+(ms|s|m|h|d)$")"; break;
    case ValueType::kChoice: {
      std::string choices;
      for (const std::string_view choice : split(key.choices, "|")) {
        choices += (choices.empty() ? "" : ",") + json_quote(choice);
        const bool number = choice.find_first_not_of("0123456789.") == std::string_view::npos;
        if (number) choices += "," + std::string(choice);
      }
      out += ",\"enum\":[" + choices + "]";
      break;
    }
    case ValueType::kString:
    case ValueType::kNetwork: out += ",\"type\":\"string\""; break;
    case ValueType::kAny: break;
  }
  return out + "}";
}

}  // namespace

std::vector<Mistake> find_mistakes(const Node& root, std::span<const Key> keys) {
  Validator validator(keys);
  validator.check(root, "", "");
  return validator.take();
}

std::vector<Error> validate(const Node& root, std::span<const Key> keys, const std::string& file) {
  if (!root.is_mapping()) return {Error(kWrongValue, "a configuration is a mapping of keys to values", {file, 1, 1})};
  std::vector<Error> out;
  for (Mistake& mistake : find_mistakes(root, keys)) out.emplace_back(*mistake.code, std::move(mistake.message), SourcePosition{file, mistake.where->span().line, mistake.where->span().column});
  return out;
}

std::string json_schema(std::span<const Key> keys, std::string_view title) {
  return fmt::format(R"({{"$schema":"https://json-schema.org/draft/2020-12/schema","title":{},{}}})", json_quote(title), properties_of(keys, ""));
}

std::string markdown_table(std::span<const Key> keys) {
  std::string out = "| key | value | default | what it does |\n|---|---|---|---|\n";
  for (const Key& key : keys) {
    std::string value(name_of(key.type));
    if (key.type == ValueType::kChoice) value = fmt::format("`{}`", fmt::join(split(key.choices, "|"), "`, `"));
    if (key.type == ValueType::kSame) value = fmt::format("as `{}`", key.choices);
    const bool measured = key.type == ValueType::kInteger || key.type == ValueType::kDuration || key.type == ValueType::kSize;
    if (measured && !key.choices.empty()) value = fmt::format("{} to {}", split(key.choices, "..")[0], split(key.choices, "..")[1]);
    const std::string fallback = key.required ? "required" : key.fallback.empty() ? "" : fmt::format("`{}`", key.fallback);
    out += fmt::format("| `{}` | {} | {} | {}{}{} |\n", key.path, value, fallback, key.text, key.secret ? " Secret." : "",
                       key.reload == Reload::kRestart ? " Takes a restart." : "");
  }
  return out;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> kUnits{{{"", 1}, {"KiB", 1U << 10}, {"MiB", 1U << 20}, {"GiB", 1U << 30}}};
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count > (1ULL << 33)) return std::nullopt;
  const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [unit, bytes] : kUnits) {
    if (suffix == unit) return count * bytes;
  }
  return std::nullopt;
}

}  // namespace raykeep::document
