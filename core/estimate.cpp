#include "entrospect/core/estimate.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace entrospect {
namespace {

std::string rounded(double value, int digits) {
  std::array<char, 40> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.*g", digits, value);
  return buffer.data();
}

std::string with_unit(double value, Unit unit) {
  const std::string number = rounded(value, 6);
  return unit == Unit::none || unit == Unit::count ? number : number + " " + std::string(name(unit));
}

std::string id_of(const Estimate& e) { return e.compat.empty() ? e.convention : "compat " + e.compat; }

class Lines {
 public:
  void add(const std::string& label, const std::string& text) {
    if (text.empty()) return;
    if (!out_.empty()) out_ += "\n";
    const std::size_t width = 13;
    out_ += label + std::string(label.size() < width ? width - label.size() : 1, ' ') + text;
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

std::string uncertainty(const Estimate& e) {
  std::string out;
  if (e.std_error) out += "+- " + with_unit(*e.std_error, e.unit);
  if (e.interval) out += (out.empty() ? "" : ", ") + ("[" + rounded(e.interval->low, 6) + ", " + rounded(e.interval->high, 6) + "]");
  if (!out.empty() && !e.interval_method.empty()) out += " (" + e.interval_method + ")";
  return out;
}

std::string null_text(const NullSummary& null, Unit unit) {
  return null.method + ", " + std::to_string(null.count) + " values: mean " + with_unit(null.mean, unit) + ", 95 % of them in [" +
         rounded(null.central.low, 6) + ", " + rounded(null.central.high, 6) + "], p = " + rounded(null.p_value, 6);
}

}  // namespace

std::optional<double> Estimate::normalized() const {
  if (cap) return *cap > 0 ? std::optional(value / *cap) : std::nullopt;
  // A mean over matrices whose caps differ has no cap; what compares is the mean of value / cap.
  const DiagnosticValue* mean = diagnostics.find("mean_normalized");
  return mean != nullptr ? std::optional(std::get<double>(*mean)) : std::nullopt;
}

std::string Estimate::text() const {
  std::string out = estimator + " = ";
  if (const auto share = normalized(); share && !cap) out += rounded(*share, 4) + " of the cap, ";  // what compares comes first
  out += with_unit(value, unit);
  if (std_error) out += " +- " + rounded(*std_error, 3);
  if (interval) out += " in [" + rounded(interval->low, 6) + ", " + rounded(interval->high, 6) + "]";
  std::string notes = id_of(*this);
  if (!ok()) notes += (notes.empty() ? "" : "; ") + std::string(name(status)) + (reason.empty() ? "" : ": " + reason);
  return notes.empty() ? out : out + " (" + notes + ")";
}

std::string Estimate::explain() const {
  Lines lines;
  lines.add("result", text());
  lines.add("formula", formula);
  lines.add("with values", substituted);
  lines.add("uncertainty", uncertainty(*this));
  if (null) lines.add("null", null_text(*null, unit));
  lines.add("convention", convention);
  lines.add("compat", compat);
  for (const std::string& fault : compat_faults) lines.add("  reproduces", fault);
  lines.add("samples", "n = " + std::to_string(n) + ", d = " + std::to_string(d));
  if (cap) {
    const auto share = normalized();
    lines.add("cap",
              with_unit(*cap, unit) + (share && std::isfinite(*share) ? " (the value is " + rounded(100 * *share, 4) + " % of it)" : ""));
  }
  if (!backend_used.empty())
    lines.add(
        "backend",
        backend_used + (backend_requested.empty() || backend_requested == backend_used ? "" : " (asked for: " + backend_requested + ")"));
  if (residual) lines.add("residual", rounded(*residual, 3));
  if (seed) lines.add("seed", std::to_string(*seed));
  lines.add("status", std::string(name(status)) + (reason.empty() ? "" : ": " + reason));
  for (const Status flagged : flags)
    if (flagged != status) lines.add("  also", std::string(name(flagged)));
  if (!ok()) lines.add("advice", std::string(advice(status)));
  for (const std::string& warning : warnings) lines.add("warning", warning);
  for (const auto& [key, option] : options) {
    const std::string text = to_text(option);
    lines.add("option", key + " = " + (text.empty() ? "none" : text));
  }
  for (const auto& [key, diagnostic] : diagnostics.items()) lines.add("diagnostic", key + " = " + to_text(diagnostic));
  lines.add("citation", citation);
  return lines.take();
}

void Estimate::flag(Status s, std::string why) {
  flags.push_back(s);
  if (status == Status::ok && s != Status::ok) {
    status = s;
    reason = std::move(why);
  }
}

}  // namespace entrospect
