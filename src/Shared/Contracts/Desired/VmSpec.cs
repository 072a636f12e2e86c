using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>One virtual machine that a device should run.</summary>
public sealed record VmSpec
{
    /// <summary>Most vCPUs of a VM.</summary>
    public const int MaxVcpuCount = 32;

    /// <summary>Least and most memory of a VM in MiB.</summary>
    public const int MinMemoryMib = 32, MaxMemoryMib = 1 << 16;

    /// <summary>Longest grace period in seconds.</summary>
    public const int MaxGracePeriodSeconds = 3600;

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

    /// <summary>Guest memory in MiB, <see cref="MinMemoryMib"/> to <see cref="MaxMemoryMib"/>.</summary>
    public int MemoryMib { get; init; } = 128;

    /// <summary>What happens when the workload ends.</summary>
    public RestartPolicy RestartPolicy { get; init; }

    /// <summary>Seconds between asking the workload to stop and killing it, 0 to <see cref="MaxGracePeriodSeconds"/>.</summary>
    public int GracePeriodSeconds { get; init; } = 10;

    /// <summary>SHA-256 of the spec's encoding: equal digests mean that a running VM need not be replaced.</summary>
    public Digest ContentDigest() => Digest.Of(WireWriter.Encode(Write));

    internal static VmSpec Read(WireReader reader)
    {
        ResourceName name = default, deployment = default;
        int revision = 0, vcpus = 1, memoryMib = 128, grace = 10;
        ImageReference? image = null;
        ProcessSpec? process = null;
        RestartPolicy restart = RestartPolicy.Always;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: name = reader.ReadParsed(ResourceName.Parse); return true;
                case 2: deployment = reader.ReadParsed(ResourceName.Parse); return true;
                case 3: revision = reader.ReadInt32(1); return true;
                case 4: image = ImageReference.Read(reader); return true;
                case 5: process = ProcessSpec.Read(reader); return true;
                case 6: vcpus = reader.ReadInt32(1, MaxVcpuCount); return true;
                case 7: memoryMib = reader.ReadInt32(MinMemoryMib, MaxMemoryMib); return true;
                case 8: restart = reader.ReadEnum<RestartPolicy>(); return true;
                case 9: grace = reader.ReadInt32(0, MaxGracePeriodSeconds); return true;
                default: return false;
            }
        });
        if (name == default || deployment == default || revision == 0)
        {
            throw reader.Fault("a name, a deployment and a revision (keys 1 to 3)", "not all of them");
        }

        return new VmSpec
        {
            Name = name,
            Deployment = deployment,
            Revision = revision,
            Image = image ?? throw reader.Fault("an image (key 4)", "none"),
            Process = process ?? throw reader.Fault("a process (key 5)", "none"),
            VcpuCount = vcpus,
            MemoryMib = memoryMib,
            RestartPolicy = restart,
            GracePeriodSeconds = grace,
        };
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, Name.Value);
        map.Field(2, Deployment.Value);
        map.Field(3, Revision);
        map.WriteField(4, Image.Write);
        map.WriteField(5, Process.Write);
        map.Field(6, VcpuCount);
        map.Field(7, MemoryMib);
        map.Field(8, (int)RestartPolicy);
        map.Field(9, GracePeriodSeconds);
    });
}
