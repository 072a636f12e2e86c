using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>The payload of <c>down/desired</c>: the document and what it is known by.</summary>
/// <param name="Generation">The document's generation.</param>
/// <param name="Digest">SHA-256 of <paramref name="Document"/>.</param>
/// <param name="Document">Encoded <see cref="DesiredState"/>.</param>
public sealed record DesiredEnvelope(ulong Generation, Digest Digest, byte[] Document)
{
    private const int Version = 1;

    /// <summary>Wraps an encoded document.</summary>
    public static DesiredEnvelope Of(ulong generation, byte[] document) => new(generation, Digest.Of(document), document);

    /// <summary>Decodes an envelope. The digest is not compared with the document here: see <see cref="Open"/>.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not an envelope.</exception>
    public static DesiredEnvelope Decode(ReadOnlyMemory<byte> payload) => WireReader.Decode(payload, "desired envelope", static reader =>
    {
        int version = 0;
        ulong generation = 0;
        Digest digest = default;
        byte[] document = [];
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 0: version = reader.ReadInt32(); return true;
                case 1: generation = reader.ReadUInt64(); return true;
                case 2: digest = reader.ReadParsed(Digest.Parse); return true;
                case 3: document = reader.ReadBytes(CborLimits.DocumentBytes); return true;
                default: return false;
            }
        });
        reader.RequireVersion(version, Version);
        return digest.IsEmpty ? throw reader.Fault("a digest (key 2)", "none") : new DesiredEnvelope(generation, digest, document);
    });

    /// <summary>Encodes the envelope.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        map.Field(0, Version);
        map.Field(1, Generation);
        map.Field(2, Digest.Value);
        map.Field(3, Document);
    }));

    /// <summary>Verifies digest and generation and decodes the document.</summary>
    /// <exception cref="Faults.WireFormatException">The document is not what the envelope says.</exception>
    public DesiredState Open()
    {
        Digest found = Digest.Of(Document);
        if (found != Digest)
        {
            throw new Faults.WireFormatException($"desired envelope: expected a document with digest {Digest}, found {found}");
        }

        DesiredState state = DesiredState.Decode(Document);
        return state.Generation == Generation
            ? state
            : throw new Faults.WireFormatException($"desired envelope: expected generation {Generation} inside, found {state.Generation}");
    }
}
