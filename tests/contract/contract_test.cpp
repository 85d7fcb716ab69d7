// What every estimator promises, checked for every entry of the catalogue from its card and its field table alone. An estimator that breaks
// a promise for a good reason is listed in `exceptions` with that reason.

#include <gtest/gtest.h>

#include <set>

#include "contract/promises.hpp"
#include "entrospect/estimators/catalogue.hpp"

namespace entrospect {
namespace {

using test::close;
using test::contains;
using test::Data;
using test::infinity;
using test::nan;

struct Exception {
  std::string estimator, promise, reason;
};
const std::vector<Exception>& exceptions() {
  static const std::vector<Exception> list{
      {"diffusion_spectral_mutual_information", "largest repeats", "a million subsets take hours"},
      {"diffusion_spectral_mutual_information", "duplication", "random subsets of doubled rows are not doubled subsets"},
      {"hsic", "duplication", "the denominator (n - 1)^2 corrects for n"},
      {"cka", "duplication", "the unbiased form corrects for n"},
      {"difference_of_entropies", "largest repeats", "a million spectra take minutes"},
      {"difference_of_entropies", "duplication", "permutations of doubled rows are not doubled permutations"},
      {"difference_of_powers", "duplication", "permutations of doubled rows are not doubled permutations"},
      {"ksd2", "bandwidth", "has the unit of a squared score, which falls as the samples are scaled up"},
      {"uniformity", "duplication", "a mean over pairs of different rows"},
      {"hyperspherical_energy", "duplication", "equal directions have infinite energy"},
      {"nuclear_norm", "duplication", "a sum over rows: it grows with their number"},
      {"mp_soft_rank", "duplication", "noise of twice as many rows has another edge"},
      {"mp_spike_share", "duplication", "noise of twice as many rows has another edge"},
      {"snne", "duplication", "an answer given twice has one more that is like it"},
      {"kernel_language_entropy", "duplication", "every answer adds a row of similarities to the degrees of the others"},
      {"diffusion_matrix_entropy", "duplication", "every row is a state of the walk: twice the rows are 2 ln 2 more"},
      {"eigenscore", "duplication", "an answer given twice adds nothing but a zero eigenvalue to its mean"},
  };
  return list;
}

bool excepted(const EstimatorInfo& info, const std::string& promise) {
  return std::any_of(exceptions().begin(), exceptions().end(),
                     [&](const Exception& e) { return e.estimator == info.card.name && e.promise == promise; });
}

TEST(ContractExceptions, NameEstimatorsOfTheCatalogueAndAReason) {
  for (const Exception& e : exceptions()) {
    EXPECT_EQ(find_estimator(e.estimator).card.name, e.estimator);
    EXPECT_FALSE(e.reason.empty());
  }
}

OptionValue number(const FieldInfo& field, double value) {
  if (field.kind == FieldKind::integer) return static_cast<std::int64_t>(value);
  return value;
}

// The value nearest to the end of a range that is outside.
OptionValue beyond(const FieldInfo& field, double end, bool open, int direction) {
  if (field.kind == FieldKind::integer) return static_cast<std::int64_t>(end) + (open ? 0 : direction);
  return open ? end : std::nextafter(end, direction * infinity);
}

// The entries of the catalogue that a test is about: it is not there for the others.
using Entries = std::vector<const EstimatorInfo*>;
template <class Applies>
Entries entries(Applies applies) {
  Entries out;
  std::copy_if(catalogue().begin(), catalogue().end(), std::back_inserter(out), [&](const EstimatorInfo* info) { return applies(*info); });
  return out;
}
const auto estimator_name = [](const auto& entry) { return entry.param->card.name; };

class Contract : public ::testing::TestWithParam<const EstimatorInfo*>, protected test::Subject {
 protected:
  Contract() : Subject(*GetParam()) {}
};
INSTANTIATE_TEST_SUITE_P(Catalogue, Contract, ::testing::ValuesIn(catalogue().begin(), catalogue().end()), estimator_name);

class ContractOfBandwidths : public Contract {};
INSTANTIATE_TEST_SUITE_P(Catalogue, ContractOfBandwidths, ::testing::ValuesIn(entries([](const EstimatorInfo& e) {
                           return test::has_option(e, "bandwidth") && !excepted(e, "bandwidth");
                         })),
                         estimator_name);

class ContractOfDuplication : public Contract {};
INSTANTIATE_TEST_SUITE_P(Catalogue, ContractOfDuplication,
                         ::testing::ValuesIn(entries([](const EstimatorInfo& e) { return !excepted(e, "duplication"); })), estimator_name);

// ---- the promises

using Case = std::pair<const test::Promise*, const EstimatorInfo*>;
std::vector<Case> cases() {
  std::vector<Case> out;
  for (const test::Promise& promise : test::promises())
    for (const EstimatorInfo* info : entries(promise.applies)) out.emplace_back(&promise, info);
  return out;
}

class Promised : public ::testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(Catalogue, Promised, ::testing::ValuesIn(cases()),
                         [](const auto& entry) { return entry.param.first->name + "_by_" + entry.param.second->card.name; });

TEST_P(Promised, IsKept) {
  const auto& [promise, info] = GetParam();
  (test::Promises(*info).*promise->check)();
}

// ---- the card

TEST_P(Contract, TheCardIsComplete) {
  const EstimatorCard& card = info().card;
  EXPECT_EQ(&find_estimator(card.name), &info());
  for (const std::string& alias : card.aliases) {
    EXPECT_EQ(&find_estimator(alias), &info()) << alias;
  }
  for (const std::string& text : {card.summary, card.formula, card.unit, card.range, card.cap, card.cost}) {
    EXPECT_FALSE(text.empty());
  }
  EXPECT_FALSE(card.references.empty());
  ASSERT_FALSE(card.conventions.empty());
  EXPECT_FALSE(card.conventions.front().compat) << "the default is a convention";
  std::set<std::string> ids, names;
  for (const ConventionInfo& convention : card.conventions) {
    EXPECT_TRUE(ids.insert(convention.id).second) << convention.id;
    EXPECT_EQ(convention.compat, !convention.faults.empty()) << convention.id << ": a compat id says what it reproduces";
    for (const auto& [option, value] : convention.preset) {
      EXPECT_TRUE(test::has_option(info(), option)) << convention.id << " sets " << option;
    }
  }
  for (const FieldInfo& field : info().fields) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name;
    EXPECT_FALSE(field.help.empty()) << field.name;
    EXPECT_EQ(checked(field, field.default_value, name()), field.default_value) << field.name << ": the default is in range";
  }
}

TEST_P(Contract, FootprintIsPositiveAndGrows) {
  const Footprint small = info().footprint({}, 100, 10), large = info().footprint({}, 10000, 1000);
  EXPECT_GT(small.bytes, 0);
  EXPECT_GT(large.bytes, small.bytes);
}

TEST_P(Contract, WrongInputsAreNamed) {
  const Data x = data();
  Inputs in = x.inputs();
  const std::string named = std::to_string(info().card.sample_names.size());
  if (info().card.more_samples) {
    in.samples.resize(info().card.sample_names.size() - 1, in.samples.front());
    EXPECT_TRUE(contains(error(in), "takes " + named + " or more sample matrices"));
  } else {
    const std::vector<double> unread(x.n);
    in.samples.emplace_back(unread.data(), x.n, 1);
    EXPECT_TRUE(contains(error(in), "takes " + named + " sample matrices"));
  }

  if (matrices() > 1) {  // rows that belong together are as many; others need not be
    in = x.inputs();
    const Data fewer = data(23);
    in.samples.back() = fewer.inputs().samples.back();
    if (info().card.paired) {
      EXPECT_TRUE(contains(error(in), "'" + sample_name(info().card, matrices() - 1) + "' has 23 rows where 'x' has 24"));
    } else {
      EXPECT_TRUE(std::isfinite(info().run(in, {}, {}).value));
    }
  }

  in = x.inputs();
  in.labels = Labels(std::vector<std::int64_t>(23, 0));
  if (matrices() > 0) {  // else they say how many rows there are
    EXPECT_TRUE(contains(error(in), "labels"));
  }
  if (info().card.labels == Need::required) {
    in.labels.reset();
    EXPECT_TRUE(contains(error(in), "needs labels"));
  }
  in = x.inputs();
  in.weights.assign(23, 1.0);
  EXPECT_TRUE(contains(error(in), "weights"));
  in.weights.assign(24, info().card.weights == Need::none ? 1.0 : -1.0);
  EXPECT_TRUE(contains(error(in), "weights"));
}

// ---- options

TEST_P(Contract, OptionsOutsideTheirRangeAreErrors) {
  const Data x = data();
  const Inputs in = x.inputs();
  for (const FieldInfo& field : info().fields) {
    SCOPED_TRACE(field.name);
    const bool whole = field.kind == FieldKind::integer;
    const auto refused = [&](const OptionValue& value) {
      const std::string text = error(in, {{field.name, value}});
      return contains(text, name() + ": " + field.name + " = ") && contains(text, to_text(field.range));
    };
    if (whole || field.kind == FieldKind::number || field.kind == FieldKind::number_or_choice) {
      if (std::isfinite(field.range.low)) {
        EXPECT_TRUE(refused(beyond(field, field.range.low, field.range.low_open, -1)));
      }
      if (std::isfinite(field.range.high)) {
        EXPECT_TRUE(refused(beyond(field, field.range.high, field.range.high_open, 1)));
      }
      if (!whole && std::isinf(field.range.high) && field.range.high_open) {
        EXPECT_TRUE(refused(infinity));
      }
      if (!whole) {
        EXPECT_TRUE(refused(nan));
      }
    } else if (field.kind == FieldKind::choice) {
      const std::string text = error(in, {{field.name, std::string("no-such-word")}});
      for (const std::string& choice : field.choices) {
        EXPECT_TRUE(choice.empty() || contains(text, "'" + choice + "'"));  // the empty word, no compat id, is not listed
      }
    }
  }
}

TEST_P(Contract, OptionsOfTheWrongKindAreWrongTypes) {
  const Data x = data();
  const Inputs in = x.inputs();
  for (const FieldInfo& field : info().fields) {
    SCOPED_TRACE(field.name);
    const bool takes_text = field.kind == FieldKind::choice || field.kind == FieldKind::number_or_choice;
    const OptionValue wrong = takes_text ? OptionValue(true) : OptionValue(std::string("no-such-word"));
    EXPECT_TRUE(contains(error<WrongType>(in, {{field.name, wrong}}), name() + ": " + field.name + " = "));
  }
}

TEST_P(Contract, OptionsAtTheirRangeEndsAreSound) {
  const Data x = data();
  const Inputs in = x.inputs();
  for (const FieldInfo& field : info().fields) {
    SCOPED_TRACE(field.name);
    std::vector<OptionValue> values;
    const auto add = [&](double value) { values.push_back(number(field, value)); };
    if (field.kind == FieldKind::boolean) values = {true, false};
    if (field.kind == FieldKind::integer || field.kind == FieldKind::number || field.kind == FieldKind::number_or_choice) {
      const bool largest = !excepted(info(), "largest " + field.name);
      if (std::isfinite(field.range.low)) add(field.range.low_open ? std::nextafter(field.range.low, infinity) : field.range.low);
      if (largest && (std::isfinite(field.range.high) || !field.range.high_open))
        add(field.range.high_open ? std::nextafter(field.range.high, -infinity) : field.range.high);
      if (largest && std::isinf(field.range.high)) add(1e300);
    }
    for (const std::string& choice : field.choices) values.emplace_back(choice);
    for (const OptionValue& value : values) {
      EXPECT_TRUE(sound(in, {{field.name, value}})) << to_text(value);
    }
  }
}

TEST_P(Contract, UnknownOptionsSuggestTheNearest) {
  const Data x = data();
  const Inputs in = x.inputs();
  for (const FieldInfo& field : info().fields) {
    const std::string typo = "x" + field.name, text = error(in, {{typo, 1.0}});
    EXPECT_TRUE(contains(text, "unknown option '" + typo + "'"));
    const bool too_short = field.name.size() < 3;  // any other letter is as near
    EXPECT_TRUE(too_short || contains(text, "did you mean '" + field.name + "'?"));
  }
  EXPECT_THROW((void)entrospect::run(name() + "z_no_such_estimator", in), InvalidArgument);
  try {
    (void)entrospect::run(name() + "x", in);
    ADD_FAILURE() << "an unknown estimator ran";
  } catch (const InvalidArgument& e) {
    EXPECT_TRUE(contains(e.what(), "did you mean '" + name() + "'"));
  }
}

TEST_P(Contract, WrongIdsListTheValidOnes) {
  const Data x = data();
  const Inputs in = x.inputs();
  for (const char* option : {"convention", "compat"}) {
    const std::string text = error(in, {{option, std::string("no-such-tool")}});
    EXPECT_TRUE(contains(text, "no-such-tool"));
    for (const ConventionInfo& convention : info().card.conventions)
      if (convention.compat == (std::string(option) == "compat")) {
        EXPECT_TRUE(contains(text, "'" + convention.id + "'"));
      }
  }
}

TEST_P(Contract, EveryConventionRunsAndSaysSo) {
  const Data x = data();
  for (const ConventionInfo& convention : info().card.conventions) {
    SCOPED_TRACE(convention.id);
    const Estimate e = run(x, {{convention.compat ? "compat" : "convention", convention.id}});
    EXPECT_TRUE(std::isfinite(e.value)) << e.text();
    EXPECT_EQ(e.compat, convention.compat ? convention.id : "");
    EXPECT_EQ(e.compat_faults, convention.faults);
    if (!convention.compat) {
      EXPECT_EQ(e.convention, convention.id);
    }
    EXPECT_EQ(e.formula, convention.formula.empty() ? info().card.formula : convention.formula);
    EXPECT_TRUE(contains(e.explain(), e.formula));
    EXPECT_TRUE(contains(e.text(), convention.id));
  }
}

// ---- the result

TEST_P(Contract, TheEstimateSaysWhatItIs) {
  const Data x = data();
  const Estimate e = run(x);
  EXPECT_TRUE(std::isfinite(e.value));
  EXPECT_EQ(e.estimator, name());
  EXPECT_EQ(e.convention, info().card.conventions.front().id);
  EXPECT_EQ(e.n, x.n);
  EXPECT_EQ(e.d, matrices() == 0 ? 0 : x.d);
  for (const std::string& text : {e.formula, e.substituted, e.citation, e.backend_requested, e.backend_used}) {
    EXPECT_FALSE(text.empty());
  }
  ASSERT_EQ(e.cap.has_value(), info().card.cap != "none");
  EXPECT_TRUE(!e.cap || e.value <= *e.cap * (1 + 1e-12) || !e.ok() || !e.warnings.empty()) << e.text();
  EXPECT_EQ(e.std_error.has_value() || e.interval.has_value(), !e.interval_method.empty());
  ASSERT_EQ(e.options.size(), info().fields.size());
  for (std::size_t i = 0; i < e.options.size(); ++i) {
    EXPECT_EQ(e.options[i].first, info().fields[i].name);
    EXPECT_EQ(checked(info().fields[i], e.options[i].second, name()), e.options[i].second);
  }
  EXPECT_TRUE(contains(e.text(), name() + " = "));
  for (const std::string& part : {e.formula, e.substituted, e.citation, e.backend_used}) {
    EXPECT_TRUE(contains(e.explain(), part));
  }
  EXPECT_FALSE(contains(e.substituted, "nan"));
}

// ---- laws

TEST_P(Contract, RowOrderDoesNotMatter) {
  const Data x = data(8, 5);
  const OptionMap options = test::known(info(), {{"repeats", std::string("all")}});  // random subsets are drawn by row number
  const Estimate e = run(x, options);
  // n eigenvalues, each to a few n eps of the largest.
  EXPECT_TRUE(close(run(x.picked({5, 2, 7, 0, 3, 6, 1, 4}), options).value, e.value, 1e-12)) << e.text();
}

TEST_P(ContractOfBandwidths, AutomaticRulesForgetTheScale) {
  for (const FieldInfo& field : info().fields) {
    if (field.name != "bandwidth") continue;
    for (const std::string& rule : field.choices) {
      if (rule == "sqrt_half_d") continue;  // a rule of d alone: the scale matters by definition
      const OptionMap options{{"kernel", std::string("gaussian")}, {"bandwidth", rule}};
      const Estimate e = run(data(), options);
      for (const double c : {0x1p-20, 1e3, 1e-7}) {
        Data scaled = data();
        for (auto& sample : scaled.samples)
          for (double& v : sample) v *= c;
        EXPECT_TRUE(close(run(scaled, options).value, e.value, 1e-11)) << rule << ", c = " << c;
      }
    }
  }
}

TEST_P(ContractOfDuplication, RepeatingEveryRowChangesNothing) {
  const Data x = data(10, 4);
  std::vector<std::size_t> twice(20);
  for (std::size_t i = 0; i < twice.size(); ++i) twice[i] = i / 2;
  const OptionMap options = test::known(info(), {{"bandwidth", 1.5}});  // a median of distances would change
  EXPECT_TRUE(close(run(x.picked(twice), options).value, run(x, options).value, 1e-10));
}

}  // namespace
}  // namespace entrospect
