using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Telemetry.Clocks;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Telemetry.Workloads;

/// <summary>Takes workloads' metrics, however they came, within each VM's budget.</summary>
/// <param name="knows">True for a VM that the device has.</param>
/// <param name="take">Where points go.</param>
/// <param name="clock">The device's clocks.</param>
/// <param name="counters">Counts what is refused.</param>
/// <param name="room">Completes when more may be taken; false when the store has refused for too long.</param>
internal sealed class MetricIntake(
    Func<ResourceName, bool> knows, Action<IReadOnlyList<MetricPoint>> take, IDeviceClock clock, AgentCounters counters, Func<CancellationToken, Task<bool>> room)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ResourceName, MetricBudget> _budgets = [];
    private readonly List<MetricPoint> _points = [];

    /// <summary>Takes a message of a VM once there is room: a workload that is answered late writes less.</summary>
    internal async ValueTask<MetricAnswer> TakeAsync(ResourceName vm, ReadOnlyMemory<byte> json, CancellationToken cancellation) =>
        await room(cancellation) ? Take(vm, json.Span) : Refuse(503, "expected a store that keeps up, found one that refuses what it is to keep");

    /// <summary>Takes a message of a VM.</summary>
    internal MetricAnswer Take(ResourceName vm, ReadOnlySpan<byte> json)
    {
        if (!knows(vm))
        {
            return Refuse(503, $"expected a VM of this device, found '{vm}'");
        }

        if (json.Length > MetricLimits.MessageBytes)
        {
            return Refuse(413, $"expected at most {MetricLimits.MessageBytes} bytes, found {json.Length}");
        }

        ClockReading now = clock.Read();
        lock (_lock)
        {
            if (MetricMessage.TryRead(vm, json, now.UnixMs, _points) is string malformed)
            {
                return Refuse(400, malformed);
            }

            if (BudgetOf(vm).TryTake(_points, now.UptimeMs) is string excess)
            {
                return Refuse(429, excess);
            }

            take(_points);
            _points.Clear();
        }

        return MetricAnswer.Taken;
    }

    private MetricAnswer Refuse(int status, string reason)
    {
        counters.RefusedMetrics.Increment();
        return new MetricAnswer(status, reason);
    }

    private MetricBudget BudgetOf(ResourceName vm)
    {
        if (!_budgets.TryGetValue(vm, out MetricBudget? budget))
        {
            foreach (ResourceName gone in _budgets.Keys.Where(name => !knows(name)).ToList())
            {
                _budgets.Remove(gone);
            }

            _budgets[vm] = budget = new MetricBudget();
        }

        return budget;
    }
}
