using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Reported;

/// <summary>The first uplink of every connection. The control plane answers with the desired state when the held one differs.</summary>
public sealed record Hello
{
    /// <summary>Boot id and sequence.</summary>
    public required UplinkHeader Header { get; init; }

    /// <summary>Version of the agent.</summary>
    public required string AgentVersion { get; init; }

    /// <summary>Processor architecture: <c>x86_64</c> or <c>aarch64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>What the device has.</summary>
    public required DeviceCapacity Capacity { get; init; }

    /// <summary>Generation of the desired state that the device holds; 0 when none.</summary>
    public ulong HeldGeneration { get; init; }

    /// <summary>Digest of the document that the device holds; empty when none.</summary>
    public Digest HeldDigest { get; init; }

    /// <summary>Labels from the device's own configuration.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Version of the <see cref="Identity.TrustBundle"/> that the device holds; 0 when none.</summary>
    public ulong TrustVersion { get; init; }

    /// <summary>Decodes a payload of <c>up/hello</c>.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not a hello.</exception>
    public static Hello Decode(ReadOnlyMemory<byte> payload) => WireReader.Decode(payload, "hello", static reader =>
    {
        UplinkHeader.Reading header = new();
        string version = "", architecture = "";
        DeviceCapacity capacity = new(0, 0, 0);
        ulong generation = 0, trust = 0;
        Digest digest = default;
        IReadOnlyDictionary<string, string> labels = new Dictionary<string, string>();
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 10: version = reader.ReadText(); return true;
                case 11: architecture = reader.ReadText(); return true;
                case 12: capacity = DeviceCapacity.Read(reader); return true;
                case 13: generation = reader.ReadUInt64(); return true;
                case 14: digest = reader.ReadParsed(Digest.Parse); return true;
                case 15: labels = reader.ReadTextMap(); return true;
                case 16: trust = reader.ReadUInt64(); return true;
                default: return header.Take(reader, key);
            }
        });
        return new Hello
        {
            Header = header.Finish(reader),
            AgentVersion = version,
            Architecture = architecture,
            Capacity = capacity,
            HeldGeneration = generation,
            HeldDigest = digest,
            Labels = labels,
            TrustVersion = trust,
        };
    });

    /// <summary>Encodes the payload.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        Header.Write(map);
        map.Field(10, AgentVersion);
        map.Field(11, Architecture);
        map.WriteField(12, Capacity.Write);
        map.Field(13, HeldGeneration);
        if (!HeldDigest.IsEmpty)
        {
            map.Field(14, HeldDigest.Value);
        }

        map.TextMapField(15, Labels);
        if (TrustVersion > 0)
        {
            map.Field(16, TrustVersion);
        }
    }));
}
