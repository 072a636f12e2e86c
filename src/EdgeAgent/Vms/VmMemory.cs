using MicroVm.EdgeAgent.Planning;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>How much memory a live VM is granted and has. Written by one loop, read from anywhere.</summary>
internal sealed class VmMemory
{
    private volatile int _grantedMib, _heldMib;

    private VmMemory(int grantedMib, int heldMib) => (_grantedMib, _heldMib) = (grantedMib, heldMib);

    /// <summary>What it is meant to have, in MiB.</summary>
    internal int GrantedMib
    {
        get => _grantedMib;
        set => _grantedMib = value;
    }

    /// <summary>What it has, in MiB, as far as is known; less than granted where it was not touched yet.</summary>
    internal int HeldMib
    {
        get => _heldMib;
        set => _heldMib = value;
    }

    /// <summary>What it counts with among all VMs, in MiB, without its VMM.</summary>
    internal int CountedMib => Math.Max(_grantedMib, _heldMib);

    /// <summary>What its balloon held at the last look, in MiB.</summary>
    internal int BalloonMib { get; set; }

    /// <summary>Its guest's balloon has once been as full as it can be: from then on it says what the guest has.</summary>
    internal bool BalloonWorks { get; set; }

    /// <summary>What its guest could still use, in MiB; null when it has not said.</summary>
    internal int? AvailableMib { get; set; }

    /// <summary>See <see cref="ElasticVm.CalmTicks"/>.</summary>
    internal int CalmTicks { get; set; }

    /// <summary>Failed looks in a row.</summary>
    internal int Faults { get; set; }

    /// <summary>Looks to leave out.</summary>
    internal int SkippedTicks { get; set; }

    /// <summary>Of a VM that starts: its balloon holds everything but the least.</summary>
    internal static VmMemory OfStart(VmSpec spec) => new(MemoryDemand.LeastOf(spec), 0);

    /// <summary>Of a VM that ran before: it may have everything until its VMM says how much the balloon holds.</summary>
    internal static VmMemory OfAdoption(VmSpec spec) => new(spec.MemoryMib, spec.MemoryMib);
}
