// SPDX-License-Identifier: Apache-2.0
#include "quota/simulate.h"

#include <algorithm>
#include <fmt/format.h>

namespace raykeep::quota {
namespace {

using kube::amount_of;
using kube::Quantity;

// Of its min, what nobody else gets.
Quantity kept(const Quota& quota, const std::string& resource) {
  const auto lends = quota.lends.find(resource);
  return lends == quota.lends.end() ? Quantity() : std::max(Quantity(), amount_of(quota.min, resource) - lends->second);
}

// The most of a resource that a quota lets through; nothing for no bound.
std::optional<Quantity> bound(const Quota& quota, const std::string& resource) {
  const auto max = quota.max.find(resource);
  if (max != quota.max.end()) return max->second;
  return quota.closed && !quota.min.contains(resource) ? std::optional(Quantity()) : std::nullopt;
}

bool is_whole(Dialect dialect) { return dialect == Dialect::kKueue; }

}  // namespace

std::string_view what_name(What what) {
  switch (what) {
    case What::kRuns: return "runs";
    case What::kWaits: return "waits";
    case What::kEvicted: return "evicted";
    case What::kEnds: return "ends";
  }
  return {};
}

Simulator::Simulator(const Tree& tree, const Amounts& capacity) : tree_(tree), own_(tree.quotas.size()), charged_(tree.quotas.size()) {
  Amounts& top = tree_.quotas.front().max;
  for (const auto& [resource, amount] : capacity) {
    const auto [at, fresh] = top.try_emplace(resource, amount);
    if (!fresh) at->second = std::min(at->second, amount);
  }
  for (std::size_t i = tree_.quotas.size(); i-- > 1;) {
    const Quota& quota = tree_.quotas[i];
    for (const auto& [resource, amount] : quota.min) {
      const Quantity seen = std::max(amount_of(charged_[i], resource), kept(quota, resource));
      if (!seen.is_zero()) charged_[quota.parent][resource] += seen;
    }
  }
}

Result<std::size_t> Simulator::leaf_of(const Workload& workload) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 1; i < tree_.quotas.size(); ++i) {
    const Quota& quota = tree_.quotas[i];
    const bool of_namespace = std::find(quota.namespaces.begin(), quota.namespaces.end(), workload.ns) != quota.namespaces.end();
    if (workload.quota.empty() ? of_namespace : quota.name == workload.quota) found.push_back(i);
  }
  if (!workload.quota.empty() && found.empty()) return fail(kBadWorkload, fmt::format("{}: there is no quota {}", workload.name, workload.quota));
  if (found.empty()) return kNowhere;
  if (found.size() > 1)
    return fail(kBadWorkload, fmt::format("{}: namespace {} is under {} and under {}; say which with quota:", workload.name, workload.ns, tree_.quotas[found[0]].name, tree_.quotas[found[1]].name));
  if (!tree_.is_leaf(found.front())) return fail(kBadWorkload, fmt::format("{}: quota {} has quotas below it; pods count in one that has none", workload.name, tree_.quotas[found.front()].name));
  return found.front();
}

std::optional<Simulator::Blocked> Simulator::blocked(const Unit& unit) const {
  if (unit.leaf == kNowhere) return std::nullopt;
  for (const auto& [resource, asked] : unit.requests) {
    Quantity more = asked;
    for (std::size_t i = unit.leaf; i != kNoParent && more > Quantity(); i = tree_.quotas[i].parent) {
      const Quota& quota = tree_.quotas[i];
      const Quantity used = amount_of(charged_[i], resource);
      const auto most = bound(quota, resource);
      if (most && used + more > *most) return Blocked{i, resource, used, more, *most};
      const Quantity own = kept(quota, resource);
      more = std::max(used + more, own) - std::max(used, own);
    }
  }
  return std::nullopt;
}

void Simulator::take(const Unit& unit, bool give_back) {
  if (unit.leaf == kNowhere) return;
  for (const auto& [resource, asked] : unit.requests) {
    Quantity more = give_back ? Quantity() - asked : asked;
    for (std::size_t i = unit.leaf; i != kNoParent; i = tree_.quotas[i].parent) {
      own_[i][resource] += give_back ? Quantity() - asked : asked;
      Quantity& charged = charged_[i][resource];
      const Quantity own = kept(tree_.quotas[i], resource);
      const Quantity before = std::max(charged, own);
      charged += more;
      more = std::max(charged, own) - before;
    }
  }
}

// The lowest quota of the unit's that, with it, stays within what it was promised; the root where none does.
std::size_t Simulator::claim(const Unit& unit, const std::string& resource) const {
  for (std::size_t i = unit.leaf; i != 0; i = tree_.quotas[i].parent) {
    const Quota& quota = tree_.quotas[i];
    const bool promised = std::all_of(unit.requests.begin(), unit.requests.end(), [&](const auto& request) {
      if (request.first != resource && !quota.min.contains(request.first)) return true;
      return amount_of(own_[i], request.first) + request.second <= amount_of(quota.min, request.first);
    });
    if (promised) return i;
  }
  return 0;
}

bool Simulator::below(std::size_t quota, std::size_t ancestor) const {
  while (quota != kNoParent && quota != ancestor) quota = tree_.quotas[quota].parent;
  return quota == ancestor;
}

// Whether a running unit may be evicted for another that a bound keeps out.
bool Simulator::yields(std::size_t victim_index, std::size_t index, const Blocked& at, std::size_t claimed) const {
  const Unit& victim = units_[victim_index];
  const Unit& unit = units_[index];
  if (victim.state != State::kRunning || !victim.preemptible || victim.leaf == kNowhere || !below(victim.leaf, at.quota)) return false;
  if (amount_of(victim.requests, at.resource).is_zero()) return false;
  const Quota& own = tree_.quotas[unit.leaf];
  if (victim.leaf == unit.leaf) {
    if (own.give_way == GiveWay::kNever) return false;
    const bool newer = own.give_way == GiveWay::kLowerPriorityOrNewer && victim.priority == unit.priority && victim_index > index;
    return victim.priority < unit.priority || newer;
  }
  if (claimed == 0 || own.reclaim == Reclaim::kNever || (own.reclaim == Reclaim::kLowerPriority && victim.priority >= unit.priority)) return false;
  if (below(victim.leaf, claimed)) return false;
  // Up to where the two meet, everybody on the victim's side must have more than was promised.
  for (std::size_t i = victim.leaf; i != 0 && !below(claimed, i); i = tree_.quotas[i].parent) {
    if (amount_of(own_[i], at.resource) <= amount_of(tree_.quotas[i].min, at.resource)) return false;
  }
  return true;
}

// Of other quotas before the own one, the lowest priority first, of equals the newest.
std::optional<std::size_t> Simulator::pick(std::size_t index, const Blocked& at) const {
  const Unit& unit = units_[index];
  const std::size_t claimed = claim(unit, at.resource);
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < units_.size(); ++i) {
    if (i == index || !yields(i, index, at, claimed)) continue;
    const auto rank = [&](std::size_t n) { return std::pair(units_[n].leaf == unit.leaf, units_[n].priority); };
    if (!best || rank(i) <= rank(*best)) best = i;
  }
  return best;
}

// Evicts until the unit fits, and gives back to whoever need not have gone. Nothing is changed where it cannot fit.
std::vector<std::size_t> Simulator::make_room(std::size_t index) {
  std::vector<std::size_t> evicted;
  while (const auto at = blocked(units_[index])) {
    const auto victim = pick(index, *at);
    if (!victim) {
      for (const std::size_t i : evicted) {
        units_[i].state = State::kRunning;
        take(units_[i], false);
      }
      return {};
    }
    units_[*victim].state = State::kWaiting;
    take(units_[*victim], true);
    evicted.push_back(*victim);
  }
  spare(index, evicted);
  return evicted;
}

void Simulator::spare(std::size_t index, std::vector<std::size_t>& evicted) {
  std::sort(evicted.begin(), evicted.end(), [&](std::size_t a, std::size_t b) { return std::pair(units_[b].priority, a) < std::pair(units_[a].priority, b); });
  std::erase_if(evicted, [&](std::size_t i) {
    if (blocked(units_[i])) return false;
    take(units_[i], false);
    const bool needed = blocked(units_[index]).has_value();
    if (needed) take(units_[i], true);
    else units_[i].state = State::kRunning;
    return !needed;
  });
}

Quantity Simulator::borrowed(std::size_t quota, const std::string& resource) const {
  const Quota& own = tree_.quotas[quota];
  const bool shares = quota != 0 && resource != kMaxJobs && tree_.dialect != Dialect::kResourceQuota && (own.min.contains(resource) || own.max.contains(resource));
  return shares ? std::max(Quantity(), amount_of(own_[quota], resource) - amount_of(own.min, resource)) : Quantity();
}

Amounts Simulator::borrowed(const Unit& unit) const {
  Amounts out;
  if (unit.leaf == kNowhere) return out;
  for (const auto& [resource, asked] : unit.requests) {
    const Quantity above = borrowed(unit.leaf, resource);
    if (!above.is_zero()) out.emplace(resource, std::min(above, asked));
  }
  return out;
}

std::string Simulator::sentence(const Blocked& at) const {
  const bool top = at.quota == 0;
  return fmt::format("{}: {} of {} used, {} more asked for, and the most is {}", top ? "the cluster" : "quota " + tree_.quotas[at.quota].name, amount_text(at.used, at.resource), at.resource,
                     amount_text(at.asked, at.resource), amount_text(at.most, at.resource));
}

bool Simulator::place(std::size_t index, bool may_evict, std::vector<Event>& events) {
  Unit& unit = units_[index];
  const std::string quota = unit.leaf == kNowhere ? "" : tree_.quotas[unit.leaf].name;
  const auto at = blocked(unit);
  std::vector<std::size_t> evicted;
  if (at && may_evict) evicted = make_room(index);
  if (at && evicted.empty()) {
    if (!unit.told) events.push_back({What::kWaits, unit.name, quota, {}, {}, sentence(*at)});
    unit.told = true;
    return false;
  }
  take(unit, false);
  unit.state = State::kRunning;
  unit.told = false;
  Event event{What::kRuns, unit.name, quota, borrowed(unit), {}, {}};
  for (const std::size_t i : evicted) event.evicted.push_back(units_[i].name);
  events.push_back(std::move(event));
  for (const std::size_t i : evicted) {
    Unit& gone = units_[i];
    gone.told = true;
    std::string because = gone.leaf == unit.leaf ? fmt::format("{} has a higher priority", unit.name) : fmt::format("{} was promised to {}, and {} asks for it", at->resource, quota, unit.name);
    if (gone.head) because += "; the Ray cluster ends with its head";
    events.push_back({What::kEvicted, gone.name, tree_.quotas[gone.leaf].name, {}, {}, std::move(because)});
  }
  return true;
}

// Those who wait, the highest priority first, of equals the oldest.
std::vector<std::size_t> Simulator::queue() const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < units_.size(); ++i) {
    if (units_[i].state == State::kWaiting) out.push_back(i);
  }
  std::stable_sort(out.begin(), out.end(), [&](std::size_t a, std::size_t b) { return units_[a].priority > units_[b].priority; });
  return out;
}

// Everybody who waits may try once; then whoever still waits, the evicted among them, may take what is free.
std::vector<Event> Simulator::settle() {
  std::vector<Event> events;
  for (const std::size_t i : queue()) place(i, true, events);
  for (const std::size_t i : queue()) place(i, false, events);
  return events;
}

Result<std::vector<Event>> Simulator::submit(const Workload& workload) {
  const auto same = [&](const Unit& unit) { return unit.workload == workload.name; };
  if (std::any_of(units_.begin(), units_.end(), same)) return fail(kBadWorkload, fmt::format("{}: there is a workload of this name already", workload.name));
  RK_TRY(const std::size_t leaf, leaf_of(workload));
  Unit whole{workload.name, workload.name, leaf, {}, workload.priority, true, false, State::kWaiting, false};
  std::size_t pods = 0;
  for (const PodSet& set : workload.pods) pods += set.count;
  for (const PodSet& set : workload.pods) {
    for (const auto& [resource, amount] : set.requests) whole.requests[resource] += amount * static_cast<long long>(set.count);
    whole.preemptible = whole.preemptible && set.preemptible;
    if (is_whole(tree_.dialect)) continue;
    for (std::size_t i = 0; i < set.count; ++i) {
      std::string name = workload.name;
      if (!set.name.empty()) name += " " + set.name;
      if (set.count > 1) name += fmt::format(" {}", i + 1);
      units_.push_back({workload.name, std::move(name), leaf, set.requests, workload.priority, set.preemptible, set.head, State::kWaiting, false});
    }
  }
  if (is_whole(tree_.dialect)) {
    if (pods > 1) whole.name += fmt::format(" ({} pods)", pods);
    units_.push_back(std::move(whole));
  }
  return settle();
}

Result<std::vector<Event>> Simulator::finish(const std::string& workload) {
  std::vector<Event> events;
  bool found = false;
  for (const Unit& unit : units_) {
    if (unit.workload != workload) continue;
    found = true;
    if (unit.state == State::kRunning) take(unit, true);
    events.push_back({What::kEnds, unit.name, unit.leaf == kNowhere ? "" : tree_.quotas[unit.leaf].name, {}, {}, {}});
  }
  if (!found) return fail(kBadWorkload, fmt::format("there is no workload {} to finish", workload));
  std::erase_if(units_, [&](const Unit& unit) { return unit.workload == workload; });
  std::vector<Event> more = settle();
  events.insert(events.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  return events;
}

std::vector<std::string> Simulator::waiting() const {
  std::vector<std::string> out;
  for (const Unit& unit : units_) {
    if (unit.state == State::kWaiting) out.push_back(unit.name);
  }
  return out;
}

}  // namespace raykeep::quota
