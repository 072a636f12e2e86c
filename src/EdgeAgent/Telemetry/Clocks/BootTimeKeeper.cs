using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Telemetry.Clocks;

/// <summary>Notes when this boot began, once the clock is right, so that what was measured before can be placed even after the next boot.</summary>
internal sealed class BootTimeKeeper
{
    private const string Setting = "boot-times";

    private readonly IAgentStore _store;
    private readonly IDeviceClock _clock;
    private BootTimes _boots;

    internal BootTimeKeeper(IAgentStore store, IDeviceClock clock)
    {
        (_store, _clock) = (store, clock);
        _boots = BootTimes.Parse(store.LoadSetting(Setting));
    }

    /// <summary>Looks at the clock; writes when it is synchronised and says something else than before.</summary>
    /// <exception cref="StoreException">It could not be kept; it is tried again at the next look.</exception>
    internal void Note(ClockReading now)
    {
        if (now.Quality == ClockQuality.Synchronised
            && !(_boots.Find(_clock.KernelBootId) is long known && Math.Abs(known - now.BootedAtUnixMs) <= ClockDecisions.StepMs))
        {
            BootTimes next = _boots.With(_clock.KernelBootId, now.BootedAtUnixMs);
            _store.SaveSetting(Setting, next.ToString());
            _boots = next;
        }
    }

    /// <summary>What is said of the time when a batch is sent.</summary>
    internal SendStamp Stamp(SpooledBatch batch) =>
        ClockDecisions.Stamp(_clock.Read(), _clock.KernelBootId, batch.KernelBootId, batch.BaseUptimeMs, _boots);
}
