using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>The workload's process inside the guest, image configuration and manifest already merged.</summary>
/// <param name="Arguments">Program and arguments; at least one.</param>
/// <param name="Environment">Environment variables.</param>
/// <param name="WorkingDirectory">Absolute path inside the image.</param>
/// <param name="User">OCI user: name or uid, optionally <c>:</c> and group; empty is root.</param>
public sealed record ProcessSpec(
    IReadOnlyList<string> Arguments,
    IReadOnlyDictionary<string, string> Environment,
    string WorkingDirectory,
    string User)
{
    internal static ProcessSpec Read(WireReader reader)
    {
        IReadOnlyList<string> arguments = [];
        IReadOnlyDictionary<string, string> environment = new Dictionary<string, string>();
        string workingDirectory = "/";
        string user = "";
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: arguments = reader.ReadList(static r => r.ReadText()); return true;
                case 2: environment = reader.ReadTextMap(); return true;
                case 3: workingDirectory = reader.ReadText(); return true;
                case 4: user = reader.ReadText(); return true;
                default: return false;
            }
        });
        return arguments.Count == 0
            ? throw reader.Fault("a program (key 1)", "none")
            : new ProcessSpec(arguments, environment, workingDirectory, user);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.TextListField(1, Arguments);
        map.TextMapField(2, Environment);
        map.Field(3, WorkingDirectory);
        map.Field(4, User);
    });
}
