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
    /// <summary>SIGTERM, which asks a workload to stop unless its image says otherwise.</summary>
    public const int DefaultStopSignal = 15;

    /// <summary>Largest signal number.</summary>
    public const int MaxSignal = 64;

    /// <summary>Signal that asks the workload to stop, 1 to <see cref="MaxSignal"/>.</summary>
    public int StopSignal { get; init; } = DefaultStopSignal;

    /// <summary>Nothing but volumes, tmpfs and /dev, /run and /tmp can be written.</summary>
    public bool ReadOnlyRoot { get; init; }

    /// <summary>Limits beyond those that every workload has.</summary>
    public IReadOnlyList<ResourceLimit> Limits { get; init; } = [];

    /// <summary>Capabilities beyond OCI's default set, as <c>CAP_NET_ADMIN</c>; <c>ALL</c> is every one.</summary>
    public IReadOnlyList<string> AddCapabilities { get; init; } = [];

    /// <summary>Capabilities of OCI's default set that the workload does without; <c>ALL</c> is every one.</summary>
    public IReadOnlyList<string> DropCapabilities { get; init; } = [];

    internal static ProcessSpec Read(WireReader reader)
    {
        IReadOnlyList<string> arguments = [];
        IReadOnlyDictionary<string, string> environment = new Dictionary<string, string>();
        string workingDirectory = "/";
        string user = "";
        int stopSignal = DefaultStopSignal;
        bool readOnlyRoot = false;
        IReadOnlyList<ResourceLimit> limits = [];
        IReadOnlyList<string> add = [], drop = [];
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: arguments = reader.ReadList(static r => r.ReadText()); return true;
                case 2: environment = reader.ReadTextMap(); return true;
                case 3: workingDirectory = reader.ReadText(); return true;
                case 4: user = reader.ReadText(); return true;
                case 5: stopSignal = reader.ReadInt32(1, MaxSignal); return true;
                case 6: readOnlyRoot = reader.ReadBoolean(); return true;
                case 7: limits = reader.ReadList(ResourceLimit.Read); return true;
                case 8: add = reader.ReadList(static r => r.ReadText()); return true;
                case 9: drop = reader.ReadList(static r => r.ReadText()); return true;
                default: return false;
            }
        });
        return arguments.Count == 0
            ? throw reader.Fault("a program (key 1)", "none")
            : new ProcessSpec(arguments, environment, workingDirectory, user)
            {
                StopSignal = stopSignal,
                ReadOnlyRoot = readOnlyRoot,
                Limits = limits,
                AddCapabilities = add,
                DropCapabilities = drop,
            };
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.TextListField(1, Arguments);
        map.TextMapField(2, Environment);
        map.Field(3, WorkingDirectory);
        map.Field(4, User);
        WriteFurther(map);
    });

    /// <summary>Not written when they are as ever: the digests of documents from before there were these fields stay what they are.</summary>
    private void WriteFurther(WireWriter map)
    {
        if (StopSignal != DefaultStopSignal)
        {
            map.Field(5, StopSignal);
        }

        if (ReadOnlyRoot)
        {
            map.Field(6, ReadOnlyRoot);
        }

        if (Limits.Count > 0)
        {
            map.ListField(7, Limits, static (w, limit) => limit.Write(w));
        }

        if (AddCapabilities.Count > 0)
        {
            map.TextListField(8, AddCapabilities);
        }

        if (DropCapabilities.Count > 0)
        {
            map.TextListField(9, DropCapabilities);
        }
    }
}
