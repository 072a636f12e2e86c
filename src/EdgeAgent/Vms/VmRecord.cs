using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>What the device knows of one VM that it started or tried to start. Durable.</summary>
internal sealed record VmRecord
{
    private readonly VmSpec _spec = null!;

    /// <summary>The specification of the last start.</summary>
    public required VmSpec Spec
    {
        get => _spec;
        init
        {
            _spec = value;
            SpecDigest = value.ContentDigest();
        }
    }

    /// <summary>Digest of <see cref="Spec"/>.</summary>
    public Digest SpecDigest { get; private init; }

    /// <summary>Name on the device.</summary>
    public ResourceName Name => Spec.Name;

    /// <summary>Where the VM is.</summary>
    public VmPhase Phase { get; init; }

    /// <summary>The VMM's process; null when none runs.</summary>
    public VmRun? Run { get; init; }

    /// <summary>How the last run of this specification ended. Set with <see cref="Run"/> when the workload ended and its VM is going down.</summary>
    public VmExit? Exit { get; init; }

    /// <summary>Exit code of the last run that had one.</summary>
    public int? LastExitCode { get; init; }

    /// <summary>Times that this specification was started again after it ended.</summary>
    public int Restarts { get; init; }

    /// <summary>Ends and failed starts in a row without a long run between them; decides the delay.</summary>
    public int Crashes { get; init; }

    /// <summary>Not to be started before; null when at once.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>When a job with a schedule runs next; null when it has none.</summary>
    public DateTimeOffset? DueAt { get; init; }
}
