#include "observe/series_exposition.h"

#include <functional>
#include <string>

namespace aigw::observe {
namespace {

using Type = Exposition::Type;
using Outcome = Story::Attempt::Outcome;

Labels names_of(const ProviderSeries& series) {
  Labels labels;
  labels.add("model", series.model).add("provider", series.provider);
  return labels;
}

// ---- counters ---------------------------------------------------------------------------------------

void write_count(Exposition& out, const Labels& labels, std::uint64_t count) {
  if (count > 0) out.count(labels, count);
}

void write_statuses(Exposition& out, const Labels& labels, const StatusCounts& counts) {
  for (std::size_t i = 0; i < StatusCounts::kSize; ++i) {
    if (counts.at(i) == 0) continue;
    Labels with_status = labels;
    out.count(with_status.add("status", StatusCounts::label(i)), counts.at(i));
  }
}

void write_attempts(Exposition& out, const Labels& labels, const ProviderSeries& series) {
  for (std::size_t i = 0; i < ProviderSeries::kOutcomes; ++i) {
    Labels with_outcome = labels;
    write_statuses(out, with_outcome.add("outcome", to_string(static_cast<Outcome>(i))), series.attempts[i]);
  }
}

void write_tokens(Exposition& out, const Labels& labels, const ProviderSeries& series) {
  const Sums sums = series.sums();
  Labels input = labels;
  Labels output = labels;
  write_count(out, input.add("type", "input"), static_cast<std::uint64_t>(sums.prompt_tokens));
  write_count(out, output.add("type", "output"), static_cast<std::uint64_t>(sums.completion_tokens));
}

struct CounterFamily {
  Exposition::Family family;
  void (*write)(Exposition& out, const Labels& labels, const ProviderSeries& series);
};

const CounterFamily kCounters[] = {
    {{"ai_gateway_requests", Type::Counter, "", "Exchanges, by the status that the client got and who was asked last."},
     [](Exposition& out, const Labels& labels, const ProviderSeries& series) {
       write_statuses(out, labels, series.requests);
     }},
    {{"ai_gateway_request_failures", Type::Counter, "",
      "Exchanges that the client got no whole answer of: a status of 500 or more, or an answer that broke off."},
     [](Exposition& out, const Labels& labels, const ProviderSeries& series) {
       write_count(out, labels, series.failures.load(std::memory_order_relaxed));
     }},
    {{"ai_gateway_attempts", Type::Counter, "", "Tries at a provider, by what became of them and its status."},
     write_attempts},
    {{"ai_gateway_retries", Type::Counter, "",
      "Further tries at the same provider, by the status after which it was asked again."},
     [](Exposition& out, const Labels& labels, const ProviderSeries& series) {
       write_statuses(out, labels, series.retries);
     }},
    {{"ai_gateway_switches", Type::Counter, "",
      "How often another provider was asked instead of this one, by its last status."},
     [](Exposition& out, const Labels& labels, const ProviderSeries& series) {
       write_statuses(out, labels, series.switches);
     }},
    {{"ai_gateway_tokens", Type::Counter, "", "Tokens of answered exchanges."}, write_tokens},
    {{"ai_gateway_cached_tokens", Type::Counter, "", "The part of the input tokens that came from a provider's cache."},
     [](Exposition& out, const Labels& labels, const ProviderSeries& series) {
       write_count(out, labels, static_cast<std::uint64_t>(series.sums().cached_tokens));
     }},
    {{"ai_gateway_cost_dollars", Type::Counter, "dollars", "What answered exchanges cost by the providers' prices."},
     [](Exposition& out, const Labels& labels, const ProviderSeries& series) {
       if (series.sums().cost > 0) out.billionths(labels, series.sums().cost);
     }},
    {{"ai_gateway_unpriced_requests", Type::Counter, "", "Answered exchanges whose cost is not known."},
     [](Exposition& out, const Labels& labels, const ProviderSeries& series) {
       write_count(out, labels, series.unpriced.load(std::memory_order_relaxed));
     }},
    {{"ai_gateway_overhead_seconds", Type::Histogram, "seconds",
      "The gateway's own time for an exchange: without providers and waits."},
     [](Exposition& out, const Labels& labels, const ProviderSeries& series) {
       out.histogram(labels, series.overhead);
     }},
};

// ---- histograms of the conventions ------------------------------------------------------------------

using WriteOperation = void (*)(Exposition& out, const Labels& labels, const OperationSeries& series);

void write_by_ending(Exposition& out, const Labels& labels, const OperationSeries::ByEnding& histograms) {
  for (std::size_t i = 0; i < kEndings; ++i) {
    Labels with_error = labels;
    out.histogram(with_error.add("error_type", to_string(static_cast<Ending>(i))), histograms[i]);
  }
}

void write_token_usage(Exposition& out, const Labels& labels, const OperationSeries& series) {
  Labels input = labels;
  Labels output = labels;
  out.histogram(input.add("gen_ai_token_type", "input"), series.prompt_tokens);
  out.histogram(output.add("gen_ai_token_type", "output"), series.completion_tokens);
}

struct OperationFamily {
  Exposition::Family family;
  WriteOperation write;
};

const OperationFamily kOperationFamilies[] = {
    {{"gen_ai_server_request_duration_seconds", Type::Histogram, "seconds",
      "From a request's arrival to the end of its answer."},
     [](Exposition& out, const Labels& labels, const OperationSeries& series) {
       write_by_ending(out, labels, series.request_duration);
     }},
    {{"gen_ai_server_time_to_first_token_seconds", Type::Histogram, "seconds",
      "From a request's arrival to the first content of its answer, of streams that were answered."},
     [](Exposition& out, const Labels& labels, const OperationSeries& series) {
       out.histogram(labels, series.time_to_first_token);
     }},
    {{"gen_ai_server_time_per_output_token_seconds", Type::Histogram, "seconds",
      "Time per output token after the first one, of streams that were answered."},
     [](Exposition& out, const Labels& labels, const OperationSeries& series) {
       out.histogram(labels, series.time_per_output_token);
     }},
    {{"gen_ai_client_operation_duration_seconds", Type::Histogram, "seconds",
      "How long one try at a provider took, until the end of its answer."},
     [](Exposition& out, const Labels& labels, const OperationSeries& series) {
       write_by_ending(out, labels, series.call_duration);
     }},
    {{"gen_ai_client_operation_time_to_first_chunk_seconds", Type::Histogram, "seconds",
      "From the beginning of a try at a provider to the first content of its answer, of streams."},
     [](Exposition& out, const Labels& labels, const OperationSeries& series) {
       out.histogram(labels, series.time_to_first_chunk);
     }},
    {{"gen_ai_client_token_usage", Type::Histogram, "", "Tokens of an answered exchange."}, write_token_usage},
};

}  // namespace

void write_series(Exposition& out, const SeriesList& all) {
  for (const CounterFamily& each : kCounters) {
    out.family(each.family);
    for (const auto& series : all) each.write(out, names_of(*series), *series);
  }
  for (const OperationFamily& each : kOperationFamilies) {
    out.family(each.family);
    for (const auto& series : all) {
      for (std::size_t i = 0; i < kOperations; ++i) {
        const auto operation = static_cast<Operation>(i);
        const OperationSeries* const found = series->operation(operation);
        if (found == nullptr) continue;
        Labels labels;
        labels.add("gen_ai_operation_name", to_string(operation)).add("gen_ai_provider_name", series->provider);
        each.write(out, labels.add("gen_ai_request_model", series->model), *found);
      }
    }
  }
}

}  // namespace aigw::observe
