using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>A root file system by content.</summary>
/// <param name="Digest">SHA-256 of the squashfs file.</param>
/// <param name="SizeBytes">Length of the squashfs file.</param>
/// <param name="Name">What the operator called it, such as <c>hello:1</c>; for people only.</param>
/// <param name="Architecture">
/// What it runs on, a <see cref="MachineArchitecture"/>; empty when it is not said, as in documents from before there was
/// more than one, and then it is not written: the digests of those documents and of their VMs stay what they are.
/// </param>
public sealed record ImageReference(Digest Digest, ulong SizeBytes, string Name, string Architecture = "")
{
    internal static ImageReference Read(WireReader reader)
    {
        Digest digest = default;
        ulong size = 0;
        string name = "", architecture = "";
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: digest = reader.ReadParsed(Digest.Parse); return true;
                case 2: size = reader.ReadUInt64(); return true;
                case 3: name = reader.ReadText(); return true;
                case 4: architecture = reader.ReadText(); return true;
                default: return false;
            }
        });
        return digest.IsEmpty ? throw reader.Fault("an image digest (key 1)", "none") : new ImageReference(digest, size, name, architecture);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, Digest.Value);
        map.Field(2, SizeBytes);
        map.Field(3, Name);
        if (Architecture.Length > 0)
        {
            map.Field(4, Architecture);
        }
    });
}
