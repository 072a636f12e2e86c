using System.Collections.Immutable;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.ControlPlane.Grains.Devices;

/// <summary>
/// Tells news from repeated and late uplinks. Sequences rise within one boot id; a boot id that was left for another one
/// never comes back, so what still carries it is late.
/// </summary>
/// <param name="BootId">Boot id of the newest uplink.</param>
/// <param name="Sequence">Sequence of the newest report; 0 when there was none of this boot id.</param>
/// <param name="Left">Boot ids before it, newest first, at most <see cref="MaxLeft"/>.</param>
internal sealed record UplinkWindow(Guid BootId, ulong Sequence, ImmutableArray<Guid> Left)
{
    internal const int MaxLeft = 8;

    internal static UplinkWindow Empty { get; } = new(Guid.Empty, 0, []);

    /// <summary>
    /// The window after a hello: it may begin a boot id, but its sequence counts for nothing, because a report that was made
    /// before it and sent after it is still the newest report.
    /// </summary>
    internal UplinkWindow Begin(UplinkHeader hello) => hello.BootId == BootId ? this : Take(hello with { Sequence = 0 }) ?? this;

    /// <summary>The window after the uplink, or null when the uplink is not news.</summary>
    internal UplinkWindow? Take(UplinkHeader header)
    {
        if (header.BootId == BootId)
        {
            return header.Sequence > Sequence ? this with { Sequence = header.Sequence } : null;
        }

        if (Left.Contains(header.BootId))
        {
            return null;
        }

        ImmutableArray<Guid> left = BootId == Guid.Empty ? Left : [BootId, .. Left.Take(MaxLeft - 1)];
        return new UplinkWindow(header.BootId, header.Sequence, left);
    }
}
