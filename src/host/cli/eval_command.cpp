#include <memory>

#include "arete/cli/console.hpp"
#include "arete/cli/options.hpp"
#include "arete/cli/results.hpp"
#include "arete/model/evaluation.hpp"

namespace arete::cli {

namespace {

struct EvalArguments {
  std::string model;
  DataOptions data;
  MachineOptions machine;
  bool json = false;
};

void run_eval(EvalArguments arguments, Communicator& communicator) {
  ConsoleListener listener;
  share_machine(arguments.machine, communicator, listener);
  const RidgeModel model = open_model(arguments.model, "eval");
  const auto source = open_data_for(model, arguments.data, arguments.machine, listener);
  const Evaluation evaluation =
      evaluate(model, *source, chosen_rows(arguments.data, source->info()),
               {threads_of(arguments.machine), arguments.machine.memory.value_or(0)}, communicator,
               listener);
  listener.clear();
  if (communicator.rank() != 0) return;
  write_output(wants_json(arguments.json) ? to_line(eval_json(evaluation))
                                          : eval_text(evaluation, source->info().name));
}

}  // namespace

Command eval_command(CLI::App& parser) {
  auto* const eval =
      parser.add_subcommand("eval", "accuracy, figures of each class, confusion matrix");
  const auto arguments = std::make_shared<EvalArguments>();
  eval->add_option("MODEL", arguments->model, "a file written by 'arete fit --out'")
      ->required()
      ->type_name("");
  add_data_options(*eval, arguments->data);
  add_rows_option(*eval, arguments->data);
  add_machine_options(*eval, arguments->machine);
  add_json_flag(*eval, arguments->json);
  eval->footer("Example:\n  arete eval mnist.safetensors mnist/t10k-images-idx3-ubyte.gz");
  return {eval, [arguments](Communicator& communicator) { run_eval(*arguments, communicator); }};
}

}  // namespace arete::cli
