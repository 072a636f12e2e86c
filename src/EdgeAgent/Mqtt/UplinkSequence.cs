using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Mqtt;

/// <summary>Numbers the uplinks of one start of the agent.</summary>
internal sealed class UplinkSequence(Guid bootId, TimeProvider time)
{
    private ulong _last;

    /// <summary>Made anew whenever the agent starts.</summary>
    internal Guid BootId { get; } = bootId;

    /// <summary>The header of the next uplink.</summary>
    internal UplinkHeader Next() => new(BootId, Interlocked.Increment(ref _last), time.GetUtcNow().ToUnixTimeMilliseconds());
}
