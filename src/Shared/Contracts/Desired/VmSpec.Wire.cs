using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Desired;

/// <content>The encoding.</content>
public sealed partial record VmSpec
{
    /// <summary>Decodes a VM by itself, as the control plane keeps one.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not a VM.</exception>
    public static VmSpec Decode(ReadOnlyMemory<byte> bytes) => WireReader.Decode(bytes, "VM", Read);

    /// <summary>Encodes the VM by itself.</summary>
    public byte[] Encode() => WireWriter.Encode(Write);

    internal static VmSpec Read(WireReader reader)
    {
        ResourceName name = default, deployment = default;
        int revision = 0;
        ImageReference? image = null;
        ProcessSpec? process = null;
        VmSpec rest = Blank;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: name = reader.ReadParsed(ResourceName.Parse); return true;
                case 2: deployment = reader.ReadParsed(ResourceName.Parse); return true;
                case 3: revision = reader.ReadInt32(1); return true;
                case 4: image = ImageReference.Read(reader); return true;
                case 5: process = ProcessSpec.Read(reader); return true;
                default: return rest.TryRead(reader, key, out rest);
            }
        });
        if (name == default || deployment == default || revision == 0)
        {
            throw reader.Fault("a name, a deployment and a revision (keys 1 to 3)", "not all of them");
        }

        return rest with
        {
            Name = name,
            Deployment = deployment,
            Revision = revision,
            Image = image ?? throw reader.Fault("an image (key 4)", "none"),
            Process = process ?? throw reader.Fault("a process (key 5)", "none"),
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
        WriteScheduling(map);
        WriteSurroundings(map);
    });

    /// <summary>What fields have that a document does not name; what has to be named is empty.</summary>
    private static VmSpec Blank => new()
    {
        Name = default,
        Deployment = default,
        Revision = 0,
        Image = null!,
        Process = null!,
    };

    private bool TryRead(WireReader reader, int key, out VmSpec read)
    {
        VmSpec? next = key switch
        {
            6 => this with { VcpuCount = reader.ReadInt32(1, MaxVcpuCount) },
            7 => this with { MemoryMib = reader.ReadInt32(MinMemoryMib, MaxMemoryMib) },
            8 => this with { RestartPolicy = reader.ReadEnum<RestartPolicy>() },
            9 => this with { GracePeriodSeconds = reader.ReadInt32(0, MaxGracePeriodSeconds) },
            10 => this with { Kind = reader.ReadEnum<WorkloadKind>() },
            11 => this with { Schedule = reader.ReadText() },
            12 => this with { Ports = reader.ReadList(PortMapping.Read) },
            13 => this with { Volumes = reader.ReadList(VolumeMount.Read) },
            14 => this with { Tmpfs = reader.ReadList(TmpfsMount.Read) },
            15 => this with { Probes = ProbeSet.Read(reader) },
            16 => this with { Network = NetworkPolicy.Read(reader) },
            17 => this with { Priority = reader.ReadInt32(MinPriority, MaxPriority) },
            18 => this with { Limits = RateLimits.Read(reader) },
            19 => this with { Labels = reader.ReadTextMap() },
            20 => this with { Secrets = reader.ReadList(SecretMount.Read) },
            21 => this with { MemoryMinMib = reader.ReadInt32(MinMemoryMib, MaxMemoryMib) },
            _ => null,
        };
        read = next ?? this;
        return next is not null;
    }

    // A field that is as ever is not written: the digests of documents from before there was one stay what they are, and no VM
    // is replaced because its device learned of a new field.
    private void WriteScheduling(WireWriter map)
    {
        if (Kind != WorkloadKind.Service)
        {
            map.Field(10, (int)Kind);
        }

        if (Schedule.Length > 0)
        {
            map.Field(11, Schedule);
        }

        if (Probes != ProbeSet.None)
        {
            map.WriteField(15, Probes.Write);
        }

        if (Priority != 0)
        {
            map.Field(17, Priority);
        }

        if (Limits != RateLimits.None)
        {
            map.WriteField(18, Limits.Write);
        }

        if (Labels.Count > 0)
        {
            map.TextMapField(19, Labels);
        }

        if (MemoryMinMib != 0)
        {
            map.Field(21, MemoryMinMib);
        }
    }

    private void WriteSurroundings(WireWriter map)
    {
        WriteListed(map, 12, Ports, static (w, port) => port.Write(w));
        WriteListed(map, 13, Volumes, static (w, volume) => volume.Write(w));
        WriteListed(map, 14, Tmpfs, static (w, tmpfs) => tmpfs.Write(w));
        WriteListed(map, 20, Secrets, static (w, secret) => secret.Write(w));
        if (!Network.IsDefault)
        {
            map.WriteField(16, Network.Write);
        }
    }

    private static void WriteListed<T>(WireWriter map, int key, IReadOnlyList<T> items, Action<WireWriter, T> write)
    {
        if (items.Count > 0)
        {
            map.ListField(key, items, write);
        }
    }
}
