using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>One virtual machine that a device should run.</summary>
public sealed partial record VmSpec
{
    /// <summary>Most vCPUs of a VM.</summary>
    public const int MaxVcpuCount = 32;

    /// <summary>Least and most memory of a VM in MiB.</summary>
    public const int MinMemoryMib = 32, MaxMemoryMib = 1 << 16;

    /// <summary>Longest grace period in seconds.</summary>
    public const int MaxGracePeriodSeconds = 3600;

    /// <summary>Least and most priority.</summary>
    public const int MinPriority = -1000, MaxPriority = 1000;

    /// <summary>Name, unique on the device.</summary>
    public required ResourceName Name { get; init; }

    /// <summary>The deployment that this VM comes from.</summary>
    public required ResourceName Deployment { get; init; }

    /// <summary>The deployment's revision, counted from 1.</summary>
    public required int Revision { get; init; }

    /// <summary>Root file system.</summary>
    public required ImageReference Image { get; init; }

    /// <summary>What runs in it.</summary>
    public required ProcessSpec Process { get; init; }

    /// <summary>Virtual CPUs, 1 to <see cref="MaxVcpuCount"/>.</summary>
    public int VcpuCount { get; init; } = 1;

    /// <summary>Guest memory in MiB, <see cref="MinMemoryMib"/> to <see cref="MaxMemoryMib"/>; what it may have at most.</summary>
    public int MemoryMib { get; init; } = 128;

    /// <summary>What happens when the workload ends.</summary>
    public RestartPolicy RestartPolicy { get; init; }

    /// <summary>Seconds between asking the workload to stop and killing it, 0 to <see cref="MaxGracePeriodSeconds"/>.</summary>
    public int GracePeriodSeconds { get; init; } = 10;

    /// <summary>What it is for.</summary>
    public WorkloadKind Kind { get; init; }

    /// <summary>When a job runs, in cron's five fields and UTC; empty is once, at once.</summary>
    public string Schedule { get; init; } = "";

    /// <summary>Ports of the device that lead to it.</summary>
    public IReadOnlyList<PortMapping> Ports { get; init; } = [];

    /// <summary>Its persistent volumes.</summary>
    public IReadOnlyList<VolumeMount> Volumes { get; init; } = [];

    /// <summary>File systems in its memory.</summary>
    public IReadOnlyList<TmpfsMount> Tmpfs { get; init; } = [];

    /// <summary>How init asks the workload how it is.</summary>
    public ProbeSet Probes { get; init; } = ProbeSet.None;

    /// <summary>Whom it may talk to.</summary>
    public NetworkPolicy Network { get; init; } = new();

    /// <summary>Which VM goes before another when there is not room for both; the higher one does.</summary>
    public int Priority { get; init; }

    /// <summary>What it may use of disk and network.</summary>
    public RateLimits Limits { get; init; } = RateLimits.None;

    /// <summary>Labels of the workload, for people and their programs.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the workload finds secrets.</summary>
    public IReadOnlyList<SecretMount> Secrets { get; init; } = [];

    /// <summary>Memory in MiB that it always has; 0 when all of <see cref="MemoryMib"/> is.</summary>
    public int MemoryMinMib { get; init; }

    /// <summary>SHA-256 of the spec's encoding: equal digests mean that a running VM need not be replaced.</summary>
    public Digest ContentDigest() => Digest.Of(Encode());
}
