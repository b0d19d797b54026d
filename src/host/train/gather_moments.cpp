#include "arete/train/gather_moments.hpp"

#include "arete/comm/same_input.hpp"
#include "arete/train/accumulate.hpp"

namespace arete {

MomentsSet gather_moments(const RowSource& source, RowRange rows, const FitOptions& options,
                          Backend& backend, Communicator& communicator, Listener& listener) {
  check_trainable(source.info(), rows);
  SessionOptions session_setup = session_options(source.info(), options);
  const MemoryPlan plan =
      plan_memory(backend, session_setup, options.memory, source.info().held_bytes);
  session_setup.memory = plan.session;

  check_same_data(source.info(), rows, communicator);
  const auto session = backend.open(session_setup);
  const RowRange own = own_rows(source.info(), rows, options, communicator);
  BlockReader blocks = block_reader(source, own, options, plan.blocks, Passes::one);
  StageSeconds seconds;
  accumulate({source, rows, options, plan.blocks, *session, communicator, listener}, blocks,
             seconds);
  session->reduce(communicator);

  MomentsSet set;
  set.rule = options.rule;
  set.parts = session->moments();
  set.rows = {{options.first_row + rows.first, options.first_row + rows.last}};
  set.type = source.info().type;
  set.shape = source.info().shape;
  set.preprocessing = source.info().preprocessing;
  return set;
}

}  // namespace arete
