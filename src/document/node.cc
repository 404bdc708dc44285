// SPDX-License-Identifier: Apache-2.0
#include "document/node.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <utility>

namespace raykeep::document {
namespace {

constexpr std::size_t kFewMembers = 12;  // below this, comparing each with each is cheaper than sorting

constexpr std::uint64_t kAnyKey = ~std::uint64_t{0};

// The bit of a key in the digest of a mapping.
std::uint64_t bit_of(std::string_view key) {
  if (key.empty()) return 1;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(key[i]); };
  return std::uint64_t{1} << ((key.size() * 7 + at(0) * 5U + at(key.size() / 2) * 3U + at(key.size() - 1)) & 63U);
}

}  // namespace

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
      return "a boolean";
    case Kind::kInteger:
      return "an integer";
    case Kind::kNumber:
      return "a number";
    case Kind::kString:
      return "a string";
    case Kind::kSequence:
      return "a list";
    case Kind::kMapping:
      return "a mapping";
  }
  return "nothing";
}

Node& Node::operator=(Node&& other) noexcept {
  if (this == &other) return *this;
  // The old value may hold `other`, so it goes last.
  Node old(std::move(*this));
  value_ = other.value_;
  span_ = other.span_;
  size_ = other.size_;
  kind_ = std::exchange(other.kind_, Kind::kNull);
  style_ = other.style_;
  shared_ = other.shared_;
  tagged_ = other.tagged_;
  return *this;
}

void Node::release() noexcept {
  if (is_sequence()) {
    delete value_.items;
  } else if (is_mapping()) {
    delete value_.members;
  } else {
    value_.far->~Text();
    ::operator delete(value_.far);
  }
}

// What stands in an arena belongs to the arena too, so its last owner never leaves.
constexpr std::uint32_t kWithArena = 2;

Node::Node(Kind kind, std::string_view text, std::pmr::memory_resource* arena) {
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) throw std::length_error("a text of more than 4 GiB");
  size_ = static_cast<std::uint32_t>(text.size());
  if (text.size() > kLongestNear) {
    const std::size_t size = sizeof(Text) + text.size();
    value_.far = ::new (arena == nullptr ? ::operator new(size) : arena->allocate(size, alignof(Text))) Text{.owners{arena == nullptr ? 1 : kWithArena}};
    text.copy(value_.far->bytes(), text.size());
  } else {
    text.copy(value_.near.data(), text.size());
  }
  kind_ = kind;
}

Node Node::boolean(bool value) {
  Node out;
  out.kind_ = Kind::kBoolean;
  out.value_.flag = value;
  return out;
}
Node Node::integer(std::int64_t value) {
  return {Kind::kInteger, std::to_string(value)};
}
Node Node::number(std::string_view text) {
  const bool whole = text.find_first_of(".eE") == std::string_view::npos;
  return {whole ? Kind::kInteger : Kind::kNumber, text};
}
Node Node::string(std::string_view value) {
  return {Kind::kString, value};
}
Node Node::sequence() {
  Node out;
  out.value_.items = nullptr;
  out.kind_ = Kind::kSequence;
  return out;
}
Node Node::mapping() {
  Node out;
  out.value_.members = nullptr;
  out.kind_ = Kind::kMapping;
  return out;
}
Node Node::sequence(Sequence items) {
  Node out = sequence();
  if (!items.empty()) out.items() = std::move(items);
  return out;
}
Node Node::mapping(Mapping members) {
  Node out = mapping();
  if (members.empty()) return out;
  Shared<Mapping>& own = unshare(out.value_.members);
  for (const Member& member : members) own.digest |= bit_of(member.name());
  own.list = std::move(members);
  return out;
}

void Node::settle(std::pmr::memory_resource& arena) {
  if (!has_text() || size_ <= kLongestNear || value_.far->owners.load(std::memory_order_relaxed) != 1) return;
  Node there(kind_, text(), &arena);
  there.span_ = span_;
  there.style_ = style_;
  there.shared_ = shared_;
  there.tagged_ = tagged_;
  *this = std::move(there);
}

template <typename List>
Node::Shared<List>* Node::in_arena(std::span<typename List::value_type> parts, std::pmr::memory_resource& arena) {
  if (parts.empty()) return nullptr;
  auto* out = ::new (arena.allocate(sizeof(Shared<List>), alignof(Shared<List>))) Shared<List>{.owners{kWithArena}, .list{List(&arena)}};
  out->list.reserve(parts.size());
  std::move(parts.begin(), parts.end(), std::back_inserter(out->list));
  return out;
}
Node Node::sequence(std::span<Node> items, std::pmr::memory_resource& arena) {
  Node out = sequence();
  out.value_.items = in_arena<Sequence>(items, arena);
  return out;
}
Node Node::mapping(std::span<Member> members, std::pmr::memory_resource& arena) {
  Node out = mapping();
  out.value_.members = in_arena<Mapping>(members, arena);
  for (const Member& member : std::as_const(out).members()) out.value_.members->digest |= bit_of(member.name());
  return out;
}

// The list of this node alone: a new one where there is none, a copy where other nodes have it too.
template <typename List>
Node::Shared<List>& Node::unshare(Shared<List>*& list) {
  if (list == nullptr) list = new Shared<List>;
  if (list->owners.load(std::memory_order_acquire) == 1) return *list;
  auto* own = new Shared<List>{.digest = list->digest, .list = list->list};
  if (list->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete list;
  list = own;
  return *own;
}

Node::Sequence& Node::items() { return unshare(value_.items).list; }
Node::Mapping& Node::members() {
  Shared<Mapping>& own = unshare(value_.members);
  own.digest = kAnyKey;
  return own.list;
}

std::optional<bool> Node::as_boolean() const {
  if (!is_boolean()) return std::nullopt;
  return value_.flag;
}

std::optional<std::int64_t> Node::as_integer() const {
  if (!is_integer()) return std::nullopt;
  const std::string_view digits = text();
  std::int64_t out = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (problem != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return out;
}

std::optional<double> Node::as_double() const {
  if (!is_number()) return std::nullopt;
  const std::string_view digits = text();
  double out = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (problem != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return out;
}

std::optional<std::string_view> Node::as_string() const {
  if (!is_string()) return std::nullopt;
  return text();
}

const Member* Node::find_member(std::string_view key) const {
  if (!is_mapping() || value_.members == nullptr || (value_.members->digest & bit_of(key)) == 0) return nullptr;
  for (const Member& member : members()) {
    if (member.key.size_ == key.size() && std::memcmp(member.key.bytes(), key.data(), key.size()) == 0) return &member;
  }
  return nullptr;
}

const Node* Node::find(std::string_view key) const {
  const Member* member = find_member(key);
  return member == nullptr ? nullptr : &member->value;
}

Node* Node::find(std::string_view key) {
  const Member* found = find_member(key);
  if (found == nullptr) return nullptr;
  const auto index = found - std::as_const(*this).members().data();
  return &unshare(value_.members).list[static_cast<std::size_t>(index)].value;
}

const Node* Node::find_path(std::initializer_list<std::string_view> keys) const {
  const Node* at = this;
  for (const std::string_view key : keys) {
    at = at->find(key);
    if (at == nullptr) return nullptr;
  }
  return at;
}

Node& Node::set(std::string_view key, Node value) {
  if (is_null()) {
    value_.members = nullptr;
    kind_ = Kind::kMapping;
  }
  if (Node* present = find(key)) return *present = std::move(value);
  Shared<Mapping>& own = unshare(value_.members);
  own.digest |= bit_of(key);
  own.list.push_back({string(key), std::move(value)});
  return own.list.back().value;
}

bool Node::erase(std::string_view key) {
  return find_member(key) != nullptr && std::erase_if(members(), [&](const Member& member) { return member.name() == key; }) > 0;
}

void Node::reserve(std::size_t more) {
  Mapping& list = unshare(value_.members).list;
  list.reserve(list.size() + more);
}

Node& Node::append(Node value) {
  items().push_back(std::move(value));
  return items().back();
}

bool same_value(const Node& a, const Node& b) {
  if (a.kind() != b.kind()) return false;
  if (a.is_sequence())
    return std::equal(a.items().begin(), a.items().end(), b.items().begin(), b.items().end(), same_value);
  if (!a.is_mapping()) return a.text() == b.text();
  if (a.members().size() != b.members().size()) return false;
  return std::all_of(a.members().begin(), a.members().end(), [&](const Member& member) {
    const Node* other = b.find(member.name());
    return other != nullptr && same_value(member.value, *other);
  });
}

const Member* find_duplicate(std::span<const Member> members) {
  if (members.size() <= kFewMembers) {
    for (std::size_t i = 1; i < members.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (members[i].name() == members[j].name()) return &members[i];
      }
    }
    return nullptr;
  }
  std::vector<const Member*> sorted;
  sorted.reserve(members.size());
  for (const Member& member : members) sorted.push_back(&member);
  std::sort(sorted.begin(), sorted.end(), [](const Member* a, const Member* b) {
    const int order = a->name().compare(b->name());
    return order != 0 ? order < 0 : a < b;
  });
  const auto found = std::adjacent_find(sorted.begin(), sorted.end(),
                                        [](const Member* a, const Member* b) { return a->name() == b->name(); });
  return found == sorted.end() ? nullptr : *(found + 1);
}

std::vector<std::string> texts_of(const Node* list) {
  std::vector<std::string> out;
  if (list == nullptr) return out;
  for (const Node& item : list->items()) out.emplace_back(item.text());
  return out;
}

}  // namespace raykeep::document
