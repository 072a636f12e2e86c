using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Planning;

/// <summary>A VM whose memory may grow and shrink, as it is when it is decided about.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Priority">Who gets first; the higher one does.</param>
/// <param name="MinMib">What it always has.</param>
/// <param name="MaxMib">What it may have at most.</param>
/// <param name="GrantedMib">What it is meant to have now.</param>
/// <param name="HeldMib">What it has now: more than granted until its guest has given back.</param>
/// <param name="AvailableMib">What its guest could still use of what it has; null when the guest does not say.</param>
/// <param name="CalmTicks">For how many looks in a row it has had too much.</param>
internal sealed record ElasticVm(
    ResourceName Vm, int Priority, int MinMib, int MaxMib, int GrantedMib, int HeldMib, int? AvailableMib, int CalmTicks = 0)
{
    private const int LeastHeadroomMib = 16, HeadroomPart = 4;
    private const int LeastStepMib = 16, StepPart = 8;

    /// <summary>Most that a grant moves at a time, in MiB.</summary>
    internal int StepMib => Math.Max(LeastStepMib, MaxMib / StepPart);

    /// <summary>What the guest uses and cannot easily do without.</summary>
    internal int UsedMib => Math.Max(0, HeldMib - (AvailableMib ?? 0));

    /// <summary>What a guest should have beyond what it uses, so that it can take some before the next look.</summary>
    internal int HeadroomMib => Math.Max(LeastHeadroomMib, UsedMib / HeadroomPart);

    /// <summary>Below this it is short.</summary>
    internal int LowMib => HeadroomMib / 2;

    /// <summary>Above this it has too much.</summary>
    internal int HighMib => HeadroomMib * 2;

    /// <summary>What it counts with: what it may have, or still has.</summary>
    internal int CountedMib => Math.Max(GrantedMib, HeldMib);

    /// <summary>The grant with which it is neither short nor has too much.</summary>
    internal int FittingMib => Math.Clamp(UsedMib + HeadroomMib, MinMib, MaxMib);

    /// <summary>The least grant with which it is not short.</summary>
    internal int TightMib => Math.Clamp(UsedMib + LowMib, MinMib, MaxMib);

    /// <summary>What its guest could still use of a grant.</summary>
    internal int AvailableAt(int grantedMib) => grantedMib - UsedMib;
}
