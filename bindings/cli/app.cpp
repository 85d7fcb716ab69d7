#include "entrospect/bindings/cli/app.hpp"

#include <CLI/CLI.hpp>
#include <new>

#include "entrospect/bindings/cli/choice.hpp"
#include "entrospect/bindings/cli/exit_code.hpp"
#include "entrospect/bindings/cli/inspect.hpp"
#include "entrospect/bindings/cli/list.hpp"
#include "entrospect/bindings/cli/plan.hpp"
#include "entrospect/bindings/cli/render.hpp"
#include "entrospect/bindings/cli/run.hpp"
#include "entrospect/bindings/cli/selftest.hpp"
#include "entrospect/bindings/cli/terminal.hpp"
#include "entrospect/bindings/cli/version.hpp"
#include "entrospect/bindings/io/results.hpp"
#include "entrospect/bindings/io/spec.hpp"
#include "entrospect/core/errors.hpp"
#include "entrospect/core/options.hpp"
#include "entrospect/estimators/catalogue.hpp"

namespace entrospect::cli {
namespace {

constexpr const char* main_examples =
    "Examples:\n"
    "  entrospect inspect acts/                                   what is in these files, headers only\n"
    "  entrospect run acts/ -e dse,dsmi --labels labels.npy       two numbers for every layer, as a table\n"
    "  entrospect run acts/ -e vendi_score:order=2 -o out/ --resume   rows on disk; goes on where it was stopped\n";
constexpr const char* run_examples =
    "Examples:\n"
    "  entrospect run acts/                                       default estimators on every layer\n"
    "  entrospect run acts/ -e dse:t=2,matrix_entropy:order=2,kernel=linear --labels labels.npy\n"
    "  entrospect run acts/ --tensors 'layers.1*' -e effective_rank --rows 2000 -o out/ --resume -j 4\n";
constexpr const char* inspect_examples =
    "Examples:\n"
    "  entrospect inspect acts/                                   every tensor: type, shape, layer, what run would skip and why\n"
    "  entrospect inspect acts/ --json                            the same for programs\n"
    "  entrospect inspect acts/ --strict                          exit code 3 if run would fail on anything\n";
constexpr const char* list_examples =
    "Examples:\n"
    "  entrospect list                                            all estimators\n"
    "  entrospect list dse                                        formula, options with ranges, conventions, compat ids\n"
    "  entrospect list vendi_score --json                         the same for programs\n";
constexpr const char* exit_codes =
    "Exit codes: 0 all cells have a value; 2 usage; 3 cells without a value; 4 path missing or nothing usable; 5 internal error or output\n"
    "that cannot be written; 130 interrupted. selftest: 1 when an answer is wrong.";

// Help opens with examples.
class ExamplesFirst : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    const std::string& of = app->get_name();
    const char* examples = of == "run" ? run_examples : of == "inspect" ? inspect_examples : of == "list" ? list_examples : main_examples;
    if (app->get_parent() != nullptr) name = app->get_parent()->get_name() + " " + of;
    return (mode == CLI::AppFormatMode::Normal ? std::string(examples) + '\n' : std::string()) +
           Formatter::make_help(app, std::move(name), mode);
  }
};

// Checks whose allowed values stand in the option's type name or help already.
CLI::Validator one_of(std::vector<std::string> words) { return CLI::IsMember(std::move(words)).description(""); }
template <class T>
CLI::Validator within(T low, T high) {
  return CLI::Range(low, high).description("");
}

struct Arguments {
  RunOptions run;
  InspectOptions inspect;
  std::string list_name, nan = "error", progress = "auto";
  bool list_json = false, selftest_json = false, version = false;
};

// An option that may be repeated, one value each time: a path behind it stays a path.
void add_repeatable(CLI::App& app, const char* flags, std::vector<std::string>& values, const char* type, const char* help) {
  app.add_option(flags, values, help)->type_name(type)->allow_extra_args(false);
}

void add_reading(CLI::App& app, bool& lenient, std::string& dtype, std::string& unfold) {
  app.add_flag("--lenient", lenient, "accept stray bytes after the data of a file, and tensors that an index lacks");
  app.add_option("--dtype", dtype, "read 2-byte raw (V2) .npy data as bfloat16")->type_name("bf16")->check(one_of({"bf16"}));
  app.add_option(
         "--unfold", unfold,
         "tensors of 3 and more axes: tokens (rows of the last axis), pixels (of n x c x h x w), images (a row for each index of the "
         "first axis), matrices (one for each index of the axes before the last two: heads)")
      ->type_name("HOW")
      ->check(one_of(io::unfold_choices()));
}

void add_inspect(CLI::App& app, InspectOptions& options) {
  app.add_option("PATH", options.paths, "files, indexes or folders")->required()->type_name("");
  app.add_flag("--json", options.json, "one JSON document on standard output");
  app.add_flag("--strict", options.strict, "exit code 3 when a run would fail on a file or tensor");
  add_reading(app, options.reading.lenient, options.reading.dtype, options.unfold);
}

void add_run(CLI::App& app, Arguments& arguments) {
  RunOptions& o = arguments.run;
  const auto text = [&app](const char* flags, std::string& value, const char* type, const char* help) {
    return app.add_option(flags, value, help)->type_name(type);
  };
  app.add_option("PATH", o.paths, "files, indexes or folders")->required()->type_name("");
  add_repeatable(app, "-e,--estimators", o.estimators, "LIST", "NAME[:OPTION=VALUE,...],NAME... (default: see below)");
  add_repeatable(app, "--option", o.options, "NAME.KEY=VALUE", "one more option of one estimator; repeatable");
  text("--labels", o.labels, "FILE", "one label per row: FILE, FILE:NAME (tensor, or column of a .csv), or :TENSOR of every file");
  add_repeatable(
      app, "--y", o.y, "PATH",
      "second sample matrices for estimators of two (hsic): a file or folder; tensors of the same name go together; repeat it for "
      "estimators of three and more");
  add_repeatable(app, "--tensors", o.tensors, "GLOB", "only tensors whose name matches; repeatable");
  app.add_option("--rows", o.rows, "use N rows, drawn with --seed, of tensors that have more")
      ->type_name("N")
      ->check(within(std::uint64_t{2}, std::uint64_t{1} << 62U));
  app.add_option("--seed", o.seed, "of every random draw (default 0)")
      ->type_name("N")
      ->check(within(std::uint64_t{0}, (std::uint64_t{1} << 63U) - 1));
  text("--nan", arguments.nan, "error|drop-rows", "rows with NaN or Inf (default: an error)")->check(one_of({"error", "drop-rows"}));
  app.add_flag("--center", o.center, "subtract column means first (estimators with option center)");
  text("--normalize", o.normalize, "HOW", "none, l2 or standardize (estimators with option normalize)");
  text("--interval", o.interval, "HOW", "standard error and interval: jackknife or subsample");
  text("--baseline", o.baseline, "HOW", "the same of data without structure: gaussian or shuffled");
  text("--unit", o.unit, "nats|bits", "of entropies; counts have none")->check(one_of({"nats", "bits"}));
  text("--convention", o.convention, "ID", "which definition, for all estimators; see entrospect list NAME");
  text("--compat", o.compat, "ID", "reproduce a named tool, for all estimators; see entrospect list NAME");
  add_reading(app, o.lenient, o.dtype, o.unfold);
  CLI::Option* out =
      app.add_option("-o,--out", o.out, "folder for results.jsonl, errors.jsonl, results.csv, manifest.json, run.log")->type_name("FOLDER");
  CLI::Option* resume =
      app.add_flag("--resume", o.resume, "go on with the results in -o: finished cells are not computed again")->needs(out);
  app.add_flag("--retry-failed", o.retry_failed, "with --resume: compute cells without a value again")->needs(resume);
  app.add_option("-j,--threads", o.threads, "threads (default: ENTROSPECT_NUM_THREADS, else all processors); results do not depend on it")
      ->type_name("N")
      ->check(within(1U, 4096U));
  text("--mem", o.memory, "SIZE", "most memory for one cell, such as 16G (default: three quarters of what is available)");
  app.add_flag("--json", o.json, "rows (schema 1) on standard output, one JSON object per line, instead of the table");
  app.add_flag("--dry-run", o.dry_run, "print the cells and compute nothing");
  app.add_flag("--exit-zero", o.exit_zero, "exit code 0 also when cells have no value");
  text("--progress", arguments.progress, "auto|none|jsonl", "on standard error; auto: a line on a terminal, else every 30 s")
      ->check(one_of({"auto", "none", "jsonl"}));
  app.footer("Without -e: " + default_estimators(false, 0) +
             ";\nwith --labels and at most 4096 rows also diffusion_spectral_entropy and diffusion_spectral_mutual_information.\n" +
             exit_codes);
}

// The first argument that nothing takes, with the nearest flag of the command that was meant.
std::string unknown_argument(const CLI::App& app) {
  const std::string argument = app.remaining().front();
  const std::string flag = argument.substr(0, argument.find('='));
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  const std::string close = nearest(flag, names);
  const std::string where = app.get_parent() == nullptr ? "entrospect" : "entrospect " + app.get_name();
  const std::string option = flag.starts_with("--") ? flag.substr(2) : std::string();
  for (const EstimatorInfo* info : catalogue())
    if (app.get_name() == "run" && close.empty() && io::find_field(*info, option) != nullptr)
      return "unknown flag '" + flag + "'; an option of an estimator is written behind its name: -e " + short_name(*info) + ":" + option +
             "=VALUE";
  return (argument.starts_with('-') ? "unknown flag '" : "unknown command '") + flag + "'" +
         (close.empty() ? "" : "; did you mean '" + close + "'?") + "; see " + where + " --help";
}

int dispatch(const CLI::App& app, Arguments& arguments) {
  if (arguments.version) {
    print(versions_text());
    flush();
    return exit_code::ok;
  }
  for (const CLI::App* command : app.get_subcommands())
    if (!command->remaining().empty()) throw InvalidArgument(unknown_argument(*command));
  if (!app.remaining().empty()) throw InvalidArgument(unknown_argument(app));
  if (app.got_subcommand("inspect")) return inspect(arguments.inspect);
  if (app.got_subcommand("list")) return list(arguments.list_name, arguments.list_json);
  if (app.got_subcommand("selftest")) {
    const std::vector<KnownAnswer> answers = known_answers();
    return selftest(answers, arguments.selftest_json);
  }
  if (!app.got_subcommand("run")) throw InvalidArgument("a command is needed: inspect, list, run or selftest; see entrospect --help");
  RunOptions& options = arguments.run;
  options.drop_nonfinite_rows = arguments.nan == "drop-rows";
  options.progress = arguments.progress == "none"    ? ProgressMode::none
                     : arguments.progress == "jsonl" ? ProgressMode::jsonl
                                                     : ProgressMode::automatic;
  return run(options);
}

int failed(int code, const std::string& message) {
  note("entrospect: " + message);
  return code;
}

}  // namespace

int command(int argc, char** argv) {
  try {
    CLI::App app{"Measures what is inside a neural representation."};
    app.name("entrospect");
    app.formatter(std::make_shared<ExamplesFirst>());
    app.allow_extras();
    Arguments arguments;
    app.add_flag("--version", arguments.version, "versions of this build and of what it uses");
    CLI::App* inspect_command = app.add_subcommand("inspect", "List tensors from file headers: types, shapes, layers, problems");
    add_inspect(*inspect_command, arguments.inspect);
    CLI::App* list_command = app.add_subcommand("list", "List estimators, or all about one: formula, options, conventions");
    list_command->add_option("NAME", arguments.list_name, "an estimator or alias");
    list_command->add_flag("--json", arguments.list_json, "JSON on standard output");
    CLI::App* run_command = app.add_subcommand("run", "Compute estimators for every tensor");
    add_run(*run_command, arguments);
    CLI::App* selftest_command = app.add_subcommand("selftest", "Check known answers, offline, in seconds");
    selftest_command->add_flag("--json", arguments.selftest_json, "JSON on standard output");
    for (CLI::App* command : {inspect_command, list_command, run_command, selftest_command}) command->allow_extras();
    app.require_subcommand(0, 1);
    app.footer(exit_codes);
    arguments.run.command.assign(argv, argv + argc);
    try {
      app.parse(argc, argv);
    } catch (const CLI::CallForHelp& help) {
      (void)help;
      const auto chosen = app.get_subcommands();
      print(chosen.empty() ? app.help() : chosen.front()->help());
      flush();
      return exit_code::ok;
    } catch (const CLI::ParseError& error) {
      // A misspelled flag is the likelier cause of whatever else is missing.
      for (const CLI::App* command : app.get_subcommands())
        if (!command->remaining().empty()) return failed(exit_code::usage, unknown_argument(*command));
      const auto chosen = app.get_subcommands();
      return failed(exit_code::usage,
                    std::string(error.what()) + "; see entrospect " + (chosen.empty() ? "" : chosen.front()->get_name() + " ") + "--help");
    }
    return dispatch(app, arguments);
  } catch (const NoInput& error) {
    return failed(exit_code::no_input, error.what());
  } catch (const io::FileError& error) {
    return failed(exit_code::no_input, error.what());
  } catch (const io::OutputError& error) {
    return failed(exit_code::internal, error.what());
  } catch (const InvalidArgument& error) {
    return failed(exit_code::usage, error.what());
  } catch (const WrongType& error) {
    return failed(exit_code::usage, error.what());
  } catch (const std::bad_alloc&) {
    return failed(exit_code::internal, "not enough memory");
  } catch (const std::exception& error) {
    return failed(exit_code::internal, std::string("internal error: ") + error.what());
  } catch (...) {
    return failed(exit_code::internal, "internal error");
  }
}

}  // namespace entrospect::cli
