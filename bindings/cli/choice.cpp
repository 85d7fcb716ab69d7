#include "entrospect/bindings/cli/choice.hpp"

#include <algorithm>

#include "entrospect/bindings/cli/cells.hpp"
#include "entrospect/bindings/cli/terminal.hpp"
#include "entrospect/core/errors.hpp"
#include "entrospect/estimators/catalogue.hpp"

namespace entrospect::cli {
namespace {

constexpr std::uint64_t moderate_rows = 4096;

bool has(const io::EstimatorSpec& spec, const std::string& option) {
  return std::any_of(spec.options.begin(), spec.options.end(), [&](const auto& given) { return given.first == option; });
}

// A flag such as --center that stands for an option of every estimator. What -e or --option say for one estimator counts more.
void set_for_all(std::vector<io::EstimatorSpec>& specs, const std::string& name, const OptionValue& value) {
  for (io::EstimatorSpec& spec : specs) {
    if (io::find_field(*spec.estimator, name) == nullptr)
      throw InvalidArgument("--" + name + " does not apply to " + spec.estimator->card.name +
                            "; give it to the estimators that have it, as in -e NAME:" + name + "=" + to_text(value));
    if (!has(spec, name)) io::set_option(spec, name, value);
  }
}

// --seed and --unit leave alone what draws no random numbers and what is a count.
void set_where_possible(std::vector<io::EstimatorSpec>& specs, const std::string& name, const OptionValue& value) {
  for (io::EstimatorSpec& spec : specs)
    if (io::find_field(*spec.estimator, name) != nullptr && !has(spec, name)) io::set_option(spec, name, value);
}

void set_named(std::vector<io::EstimatorSpec>& specs, const std::string& text) {
  const std::size_t equals = text.find('='), dot = text.substr(0, equals).rfind('.');
  if (equals == std::string::npos || dot == std::string::npos)
    throw InvalidArgument("--option '" + text + "' is not NAME.KEY=VALUE, as in dse.t=2");
  const EstimatorInfo& estimator = find_estimator(text.substr(0, dot));
  bool found = false;
  for (io::EstimatorSpec& spec : specs)
    if (spec.estimator == &estimator) {
      io::set_option(spec, text.substr(dot + 1, equals - dot - 1), text.substr(equals + 1));
      found = true;
    }
  if (!found) throw InvalidArgument("--option '" + text + "': " + estimator.card.name + " is not among the estimators of this run");
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ",") + part;
  return out;
}

// NAME:parts=8 stands for the eight parts, a cell each: how the value runs along the sequence.
std::vector<io::EstimatorSpec> with_parts(const std::vector<io::EstimatorSpec>& specs) {
  std::vector<io::EstimatorSpec> out;
  for (const io::EstimatorSpec& spec : specs) {
    const auto parts = std::find_if(spec.options.begin(), spec.options.end(), [](const auto& given) { return given.first == "parts"; });
    if (parts == spec.options.end() || has(spec, "part")) {
      out.push_back(spec);
      continue;
    }
    for (std::int64_t part = 1; part <= std::get<std::int64_t>(parts->second); ++part) {
      out.push_back(spec);
      io::set_option(out.back(), "part", part);
    }
  }
  return out;
}

void check_further_matrices(const EstimatorCard& card, const RunOptions& options) {
  const std::size_t named = card.sample_names.size();
  if (named < 2) return;
  if (options.y.size() + 1 < named)
    throw InvalidArgument(card.name + " takes " + std::to_string(named) + (card.more_samples ? " or more" : "") + " sample matrices, got " +
                          std::to_string(options.y.size() + 1) + ": add --y PATH for each after the first");
  if (card.paired && options.drop_nonfinite_rows)
    throw InvalidArgument(card.name + " pairs the rows of two matrices, and --nan drop-rows could drop a row of one of them only");
}

}  // namespace

io::Unfold chosen_unfolding(const RunOptions& options) {
  if (!options.unfold.empty()) return io::unfold_from(options.unfold);
  if (options.estimators.empty()) return io::Unfold::none;
  const std::vector<io::EstimatorSpec> specs = io::parse_estimators(joined(options.estimators));
  const bool all = std::all_of(specs.begin(), specs.end(), [](const io::EstimatorSpec& spec) {
    const auto& names = spec.estimator->card.sample_names;
    return !names.empty() && names.front() == "probabilities";
  });
  return all ? io::Unfold::matrices : io::Unfold::none;
}

std::string default_estimators(bool labels, std::uint64_t most_rows) {
  const std::string one_pass = "von_neumann_entropy,effective_rank,rankme";
  const bool pairs = labels && most_rows <= moderate_rows;
  return one_pass + (pairs ? ",diffusion_spectral_entropy,diffusion_spectral_mutual_information" : "");
}

std::vector<io::EstimatorSpec> chosen_estimators(const RunOptions& options, const Plan& plan) {
  std::string text = joined(options.estimators);
  if (options.estimators.empty()) {
    std::uint64_t most_rows = 0;
    for (const PlannedTensor& tensor : plan.tensors)
      if (tensor.info.shape.size() == 2) most_rows = std::max(most_rows, tensor.info.shape[0]);
    text = default_estimators(!options.labels.empty(), options.rows ? std::min(*options.rows, most_rows) : most_rows);
    note("estimators: " + text + " (choose others with -e; see entrospect list)");
  }
  std::vector<io::EstimatorSpec> specs = io::parse_estimators(text);
  for (const std::string& option : options.options) set_named(specs, option);
  if (!options.convention.empty()) set_for_all(specs, "convention", options.convention);
  if (!options.compat.empty()) set_for_all(specs, "compat", options.compat);
  if (options.center) set_for_all(specs, "center", true);
  if (!options.normalize.empty()) set_for_all(specs, "normalize", options.normalize);
  if (!options.interval.empty()) set_for_all(specs, "interval", options.interval);
  if (!options.baseline.empty()) set_for_all(specs, "baseline", options.baseline);
  if (!options.unit.empty()) set_where_possible(specs, "unit", options.unit);
  if (options.seed) set_where_possible(specs, "seed", static_cast<std::int64_t>(*options.seed));
  specs = with_parts(specs);
  for (const io::EstimatorSpec& spec : specs) {
    if (spec.estimator->card.sample_names.empty())
      throw InvalidArgument(spec.estimator->card.name + " is of labels alone and the same for every tensor; call it from Python or C++");
    if (spec.estimator->card.labels == Need::required && options.labels.empty())
      throw InvalidArgument(spec.estimator->card.name + " needs labels, one per row: add --labels FILE");
    check_further_matrices(spec.estimator->card, options);
  }
  const auto takes_all = [&](const io::EstimatorSpec& spec) { return partners_taken(spec, options.y.size()) == options.y.size(); };
  if (std::none_of(specs.begin(), specs.end(), takes_all))
    throw InvalidArgument("--y: none of the estimators of this run takes " + std::to_string(options.y.size() + 1) + " sample matrices");
  return specs;
}

}  // namespace entrospect::cli
