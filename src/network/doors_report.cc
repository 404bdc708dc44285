// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fmt/format.h>

#include "core/encoding.h"
#include "document/json.h"
#include "network/doors.h"

namespace raykeep::network {
namespace {

using document::Node;

std::string_view kind_name(Visitor::Kind kind) {
  switch (kind) {
    case Visitor::Kind::kOwn: return "own";
    case Visitor::Kind::kOther: return "workload";
    case Visitor::Kind::kStranger: return "whoever comes";
    case Visitor::Kind::kOutside: return "outside";
  }
  return "";
}

std::string reason_text(const Reason& reason) {
  if (reason.at.file.empty()) return reason.text;
  return reason.at.line == 0 ? fmt::format("{} ({}, made by the operator)", reason.text, reason.at.file)
                             : fmt::format("{} ({}:{}:{})", reason.text, reason.at.file, reason.at.line, reason.at.column);
}

std::string reasons_text(const std::vector<Reason>& reasons) {
  std::string out;
  for (const Reason& reason : reasons) out += (out.empty() ? "" : "; ") + reason_text(reason);
  return out;
}

std::string clipped(std::string text, std::size_t length) {
  if (text.size() <= length) return text;
  return text.substr(0, length - 1) + "…";
}

// The visitors that the state of a door is about: those from outside and whoever comes, else the other workloads.
std::vector<const Visitor*> foremost(const Door& door) {
  std::vector<const Visitor*> out;
  for (auto visitor = door.visitors.rbegin(); visitor != door.visitors.rend(); ++visitor) {
    if (visitor->kind != Visitor::Kind::kOwn) out.push_back(&*visitor);
  }
  return out;
}

// "every pod of the cluster, outside addresses and 2 more".
std::string summary(const std::vector<const Visitor*>& visitors) {
  std::vector<std::string> names;
  for (const Visitor* visitor : visitors) {
    std::string name = visitor->who == "entire-cluster" ? "every pod of the cluster" : visitor->who.ends_with("[External]") ? "outside addresses" : visitor->who;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  constexpr std::size_t kTold = 2;
  std::string out = fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(kTold, names.size())), ", "));
  return names.size() <= kTold ? out : fmt::format("{} and {} more", out, names.size() - kTold);
}

std::string_view state(const Door& door) {
  if (door.is_open()) return "OPEN";
  return foremost(door).empty() ? "closed" : "by name";
}

constexpr int kCardWidth = 860, kDoorHeight = 56, kHeadHeight = 44, kGap = 18;

std::string svg_door(const Door& door, int y) {
  const bool open = door.is_open();
  const std::vector<const Visitor*> visitors = foremost(door);
  const std::string_view fill = open ? "#c62828" : visitors.empty() ? "#2e7d32" : "#f9a825";
  std::string out = fmt::format(R"(<rect x="16" y="{}" width="190" height="44" rx="6" fill="{}"/><text x="28" y="{}" class="door">{} {}</text>)", y, fill, y + 28,
                                html_escape(door.name), door.port);
  std::string who, why;
  if (visitors.empty()) {
    who = "closed to everyone but its own cluster";
  } else {
    who = fmt::format("{}: {}", open ? "open to" : "let in by name", summary(visitors));
    why = reasons_text(visitors.front()->reasons);
  }
  out += fmt::format(R"(<text x="222" y="{}" class="{}">{}</text><text x="222" y="{}" class="why">{}</text>)", y + 18, open ? "open" : "who", html_escape(clipped(who, 84)), y + 37,
                     html_escape(clipped(why, 96)));
  return out;
}

std::string svg_card(const EndpointDoors& card, int y) {
  std::vector<const Door*> doors;
  for (const Door& door : card.doors) doors.push_back(&door);
  std::stable_sort(doors.begin(), doors.end(), [](const Door* a, const Door* b) {
    return std::make_pair(!a->is_open(), foremost(*a).empty()) < std::make_pair(!b->is_open(), foremost(*b).empty());
  });
  const int height = kHeadHeight + kDoorHeight * static_cast<int>(doors.size()) + 8;
  std::string out = fmt::format(R"(<rect x="4" y="{}" width="{}" height="{}" rx="10" class="card"/><text x="18" y="{}" class="title">{}</text>)", y, kCardWidth - 8, height,
                                y + 28, html_escape(card.endpoint->title()));
  int at = y + kHeadHeight;
  for (const Door* door : doors) {
    out += svg_door(*door, at);
    at += kDoorHeight;
  }
  return out;
}

int open_doors(const EndpointDoors& card) {
  return static_cast<int>(std::count_if(card.doors.begin(), card.doors.end(), [](const Door& door) { return door.is_open(); }));
}

}  // namespace

std::string write_doors_text(const std::vector<EndpointDoors>& doors, bool colour) {
  std::string out;
  for (const EndpointDoors& card : doors) {
    out += fmt::format("{}\n", card.endpoint->title());
    for (const Door& door : card.doors) {
      const std::string_view mark = !colour ? "" : door.is_open() ? "\x1b[1;31m" : foremost(door).empty() ? "\x1b[32m" : "\x1b[33m";
      out += fmt::format("  {}{:<8}{} {} {}\n", mark, state(door), colour ? "\x1b[0m" : "", door.name, door.port);
      for (const Visitor& visitor : door.visitors)
        out += fmt::format("    {:<14} {}{}: {}\n", kind_name(visitor.kind), visitor.who, visitor.certain ? "" : " (may)", reasons_text(visitor.reasons));
    }
    out += "\n";
  }
  return out.empty() ? "There is no Ray pod in what was read.\n" : out;
}

std::string write_doors_json(const std::vector<EndpointDoors>& doors) {
  Node all = Node::sequence();
  for (const EndpointDoors& card : doors) {
    Node entry = Node::mapping();
    entry.set("endpoint", Node::string(card.endpoint->title()));
    Node list = Node::sequence();
    for (const Door& door : card.doors) {
      Node one = Node::mapping();
      one.set("door", Node::string(door.name));
      one.set("port", Node::integer(door.port));
      one.set("open", Node::boolean(door.is_open()));
      Node visitors = Node::sequence();
      for (const Visitor& visitor : door.visitors) {
        Node who = Node::mapping();
        who.set("who", Node::string(visitor.who));
        who.set("kind", Node::string(kind_name(visitor.kind)));
        who.set("certain", Node::boolean(visitor.certain));
        Node reasons = Node::sequence();
        for (const Reason& reason : visitor.reasons) reasons.append(Node::string(reason_text(reason)));
        who.set("reasons", std::move(reasons));
        visitors.append(std::move(who));
      }
      one.set("visitors", std::move(visitors));
      list.append(std::move(one));
    }
    entry.set("doors", std::move(list));
    all.append(std::move(entry));
  }
  return document::write_json_pretty(all) + "\n";
}

std::string write_doors_svg(const std::vector<EndpointDoors>& doors) {
  std::vector<const EndpointDoors*> cards;
  for (const EndpointDoors& card : doors) cards.push_back(&card);
  std::stable_sort(cards.begin(), cards.end(), [](const EndpointDoors* a, const EndpointDoors* b) { return open_doors(*a) > open_doors(*b); });
  std::string body;
  int y = 64, open = 0;
  for (const EndpointDoors* card : cards) {
    body += svg_card(*card, y);
    y += kHeadHeight + kDoorHeight * static_cast<int>(card->doors.size()) + 8 + kGap;
    open += open_doors(*card);
  }
  const std::string title = cards.empty() ? "No Ray pods" : open == 0 ? "No door of a Ray pod is open" : fmt::format("{} open {}", open, open == 1 ? "door" : "doors");
  return fmt::format(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}">
<style>text{{font:14px system-ui,sans-serif;fill:#202124}}.card{{fill:#fff;stroke:#c8ccd1}}.title{{font-weight:600;font-size:16px}}.door{{font-weight:600;fill:#fff}}.open{{font-weight:600;fill:#c62828}}.why{{font-size:12px;fill:#5f6368}}.sum{{font-size:22px;font-weight:700;fill:{3}}}</style>
<rect width="{0}" height="{1}" fill="#f5f6f7"/><text x="16" y="40" class="sum">{2}</text>
{4}
</svg>
)",
                     kCardWidth, y, title, open == 0 ? "#2e7d32" : "#c62828", body);
}

}  // namespace raykeep::network
