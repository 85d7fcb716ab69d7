#include "entrospect/bindings/cli/list.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "entrospect/bindings/cli/exit_code.hpp"
#include "entrospect/bindings/cli/render.hpp"
#include "entrospect/bindings/cli/table.hpp"
#include "entrospect/bindings/cli/terminal.hpp"
#include "entrospect/bindings/io/json.hpp"
#include "entrospect/estimators/catalogue.hpp"

namespace entrospect::cli {
namespace {

using Json = nlohmann::ordered_json;

const char* need_text(Need need) {
  switch (need) {
    case Need::none:
      return "no";
    case Need::optional:
      return "optional";
    case Need::required:
      break;
  }
  return "needed";
}

std::string joined(const std::vector<std::string>& parts, const std::string& separator) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : separator) + part;
  return out;
}

const char* unit_text(const EstimatorCard& card) { return card.unit == "entropy" ? "nats, bits" : card.unit.c_str(); }

std::string overview(const Style& style) {
  TextTable table({{{"estimator"}, TextTable::Align::left},
                   {{"unit"}, TextTable::Align::left},
                   {{"labels"}, TextTable::Align::left},
                   {{"cost"}, TextTable::Align::left}});
  std::string details;
  for (const EstimatorInfo* info : catalogue()) {
    const EstimatorCard& card = info->card;
    table.add({{card.name}, {unit_text(card)}, {need_text(card.labels)}, {card.cost}});
    const std::string aliases = card.aliases.empty() ? "" : " (" + joined(card.aliases, ", ") + ")";
    details += inked(card.name, Ink::bold, style) + aliases + '\n' + wrapped("  " + card.summary, 2, style);
  }
  return table.text(style) + "\n" + details + "\nOptions, conventions and formulas of one: entrospect list NAME\n";
}

std::string allowed(const FieldInfo& field) {
  std::string words = joined(field.choices, " | ");
  switch (field.kind) {
    case FieldKind::boolean:
      return "true | false";
    case FieldKind::choice:
      return words;
    case FieldKind::number_or_choice:
      return "number in " + to_text(field.range) + " | " + words;
    case FieldKind::integer:
      return "whole number in " + to_text(field.range);
    case FieldKind::number:
      break;
  }
  return "number in " + to_text(field.range);
}

std::string described(const EstimatorInfo& info, const Style& style) {
  const EstimatorCard& card = info.card;
  std::string out = inked(card.name, Ink::bold, style) + (card.aliases.empty() ? "" : " (" + joined(card.aliases, ", ") + ")") + '\n' +
                    wrapped("  " + card.summary, 2, style) + '\n';
  const auto line = [&](const char* name, const std::string& text) {
    if (!text.empty()) out += wrapped(padded(name, 16, false) + text, 16, style);
  };
  line("formula", card.formula);
  line("unit", unit_text(card));
  line("range", card.range);
  line("cap", card.cap);
  line("cost", card.cost);
  line("labels", need_text(card.labels));
  line("weights", need_text(card.weights));
  line("differentiable", card.differentiable ? "yes" : "no");
  line("mergeable", card.mergeable ? "yes" : "no");
  line("version", std::to_string(card.version));
  for (const std::string& reference : card.references) line("reference", reference);

  out += '\n' + inked("options", Ink::bold, style) + ", as in -e " + short_name(info) + ":NAME=VALUE,NAME=VALUE\n";
  for (const FieldInfo& field : info.fields) {
    std::string value = to_text(field.default_value);
    if (value.empty()) value = "none";
    const std::string head = wrapped("  " + field.name + " = " + value + "  (" + allowed(field) + ")", 6, style);
    out += "  " + inked(field.name, Ink::bold, style) + head.substr(2 + field.name.size()) + wrapped("      " + field.help, 6, style);
  }
  for (const bool compat : {false, true}) {
    std::string section;
    for (const ConventionInfo& convention : card.conventions) {
      if (convention.compat != compat) continue;
      const bool is_default = &convention == &card.conventions.front();
      const std::string formula = convention.formula.empty() ? "the formula above" : convention.formula;
      const std::string head = wrapped("  " + convention.id + (is_default ? " (default)" : "") + "  " + formula, 6, style);
      section += "  " + inked(convention.id, Ink::bold, style) + head.substr(2 + convention.id.size());
      for (const auto& [name, value] : convention.preset) section += "      " + name + " = " + to_text(value) + '\n';
      for (const std::string& fault : convention.faults) section += wrapped("      fault reproduced: " + fault, 8, style);
    }
    if (!section.empty())
      out += '\n' + inked(compat ? "compat ids: a named tool's number, faults included" : "conventions", Ink::bold, style) + '\n' + section;
  }
  return out;
}

// The part of the catalogue's JSON that is about one estimator.
std::string json_of(const std::string& name) {
  const Json entries = Json::parse(io::catalogue_json());
  for (const Json& entry : entries)
    if (entry.at("name") == name) return entry.dump(1) + '\n';
  throw std::logic_error("the catalogue as JSON lacks " + name);
}

}  // namespace

int list(const std::string& name, bool json) {
  const Style style = style_of(STDOUT_FILENO);
  if (name.empty()) {
    print(json ? io::catalogue_json() + '\n' : overview(style));
  } else {
    const EstimatorInfo& info = find_estimator(name);
    print(json ? json_of(info.card.name) : described(info, style));
  }
  flush();
  return exit_code::ok;
}

}  // namespace entrospect::cli
