using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Sessions;

/// <summary>The content of a session's last frame.</summary>
/// <param name="ExitCode">Exit code of the program, 128 + signal when one ended it; 126 or 127 when it could not be started; 0 for other kinds.</param>
/// <param name="Fault">One line why the session failed or could not be opened; empty when it did not.</param>
public sealed record SessionClosed(int ExitCode, string Fault = "")
{
    /// <summary>Decodes a frame's content.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not an end.</exception>
    public static SessionClosed Decode(ReadOnlyMemory<byte> content) => WireReader.Decode(content, "session end", static reader =>
    {
        int code = 0;
        string fault = "";
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: code = reader.ReadInt32(); return true;
                case 2: fault = reader.ReadText(); return true;
                default: return false;
            }
        });
        return new SessionClosed(code, fault);
    });

    /// <summary>Encodes the frame's content.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        map.Field(1, ExitCode);
        map.Field(2, Fault);
    }));
}
