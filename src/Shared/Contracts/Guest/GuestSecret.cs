using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Guest;

/// <summary>A secret in clear: only ever on this channel and in memory.</summary>
/// <param name="Variable">Environment variable that has it; empty when it is a file.</param>
/// <param name="Path">File that has it; empty when it is a variable.</param>
/// <param name="Value">The secret; UTF-8 without NUL when it is a variable.</param>
public sealed record GuestSecret(string Variable, string Path, byte[] Value)
{
    internal static GuestSecret Read(WireReader reader)
    {
        string variable = "", path = "";
        byte[] value = [];
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: variable = reader.ReadText(); return true;
                case 2: path = reader.ReadText(); return true;
                case 3: value = reader.ReadBytes(); return true;
                default: return false;
            }
        });
        return new GuestSecret(variable, path, value);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, Variable);
        map.Field(2, Path);
        map.Field(3, Value);
    });

    /// <summary>Names where it goes, never what it is.</summary>
    public override string ToString() => $"secret for {(Variable.Length > 0 ? Variable : Path)}";
}
