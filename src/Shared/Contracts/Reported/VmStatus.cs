using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Reported;

/// <summary>What one VM on the device does.</summary>
public sealed record VmStatus
{
    /// <summary>Name on the device.</summary>
    public required ResourceName Name { get; init; }

    /// <summary>Deployment that it comes from.</summary>
    public required ResourceName Deployment { get; init; }

    /// <summary>Revision that it runs or tries to run.</summary>
    public required int Revision { get; init; }

    /// <summary>Where it is.</summary>
    public required VmPhase Phase { get; init; }

    /// <summary>One word in CamelCase for programs, such as <c>DigestMismatch</c>; empty when all is well.</summary>
    public string Reason { get; init; } = "";

    /// <summary>One line for people; empty when there is nothing to say.</summary>
    public string Message { get; init; } = "";

    /// <summary>Times that the workload was started again since the device learned of this revision.</summary>
    public int Restarts { get; init; }

    /// <summary>Image that it runs.</summary>
    public Digest ImageDigest { get; init; }

    /// <summary>Guest memory in MiB.</summary>
    public int MemoryMib { get; init; }

    /// <summary>Process id of the VMM on the device; 0 when none runs.</summary>
    public int VmmPid { get; init; }

    /// <summary>Exit code of the last run of the workload (128 + signal when one ended it); null when it never ended.</summary>
    public int? LastExitCode { get; init; }

    /// <summary>
    /// The workload has started up and its readiness probe says yes; null when the device's agent does not say, and then a VM
    /// that runs counts as ready.
    /// </summary>
    public bool? Ready { get; init; }

    /// <summary>When the job runs next, in milliseconds since 1970 by the device's clock; null when it has no schedule.</summary>
    public long? NextRunUnixMs { get; init; }

    /// <summary>Guest memory that it has now in MiB, of one whose memory may grow and shrink; 0 for any other, and when none runs.</summary>
    public int MemoryGrantedMib { get; init; }

    internal static VmStatus Read(WireReader reader)
    {
        ResourceName name = default, deployment = default;
        int revision = 0, restarts = 0, memory = 0, pid = 0, granted = 0;
        int? exitCode = null;
        bool? ready = null;
        long? nextRun = null;
        VmPhase phase = VmPhase.Pending;
        string reason = "", message = "";
        Digest image = default;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: name = reader.ReadParsed(ResourceName.Parse); return true;
                case 2: deployment = reader.ReadParsed(ResourceName.Parse); return true;
                case 3: revision = reader.ReadInt32(0); return true;
                case 4: phase = reader.ReadEnum<VmPhase>(); return true;
                case 5: reason = reader.ReadText(); return true;
                case 6: message = reader.ReadText(); return true;
                case 7: restarts = reader.ReadInt32(0); return true;
                case 8: image = reader.ReadParsed(Digest.Parse); return true;
                case 9: memory = reader.ReadInt32(0); return true;
                case 10: pid = reader.ReadInt32(0); return true;
                case 11: exitCode = reader.ReadInt32(); return true;
                case 12: ready = reader.ReadBoolean(); return true;
                case 13: nextRun = reader.ReadInt64(); return true;
                case 14: granted = reader.ReadInt32(0); return true;
                default: return false;
            }
        });
        if (name == default || deployment == default)
        {
            throw reader.Fault("a name and a deployment (keys 1 and 2)", "not both");
        }

        return new VmStatus
        {
            Name = name,
            Deployment = deployment,
            Revision = revision,
            Phase = phase,
            Reason = reason,
            Message = message,
            Restarts = restarts,
            ImageDigest = image,
            MemoryMib = memory,
            VmmPid = pid,
            LastExitCode = exitCode,
            Ready = ready,
            NextRunUnixMs = nextRun,
            MemoryGrantedMib = granted,
        };
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, Name.Value);
        map.Field(2, Deployment.Value);
        map.Field(3, Revision);
        map.Field(4, (int)Phase);
        map.Field(5, Reason);
        map.Field(6, Message);
        map.Field(7, Restarts);
        if (!ImageDigest.IsEmpty)
        {
            map.Field(8, ImageDigest.Value);
        }

        map.Field(9, MemoryMib);
        map.Field(10, VmmPid);
        if (LastExitCode is int exitCode)
        {
            map.Field(11, exitCode);
        }

        if (Ready is bool ready)
        {
            map.Field(12, ready);
        }

        if (NextRunUnixMs is long nextRun)
        {
            map.Field(13, nextRun);
        }

        if (MemoryGrantedMib != 0)
        {
            map.Field(14, MemoryGrantedMib);
        }
    });
}
