using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.Shared.Contracts.Sessions;

/// <summary>The content of a session's first frame: what is wanted.</summary>
public sealed record SessionOpen
{
    /// <summary>Most lines that may be asked for from the past.</summary>
    public const int MaxTail = 100_000;

    /// <summary>Largest number of rows or columns.</summary>
    public const int MaxTerminalSize = 4096;

    /// <summary>What it is for.</summary>
    public required SessionKind Kind { get; init; }

    /// <summary>Exec: program and arguments.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Exec: variables beyond the workload's own.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Exec: OCI user; empty is the workload's.</summary>
    public string User { get; init; } = "";

    /// <summary>Exec: absolute path; empty is the workload's.</summary>
    public string WorkingDirectory { get; init; } = "";

    /// <summary>Exec: give it a terminal. Its output is then all <see cref="SessionFrameKind.Output"/>.</summary>
    public bool Terminal { get; init; }

    /// <summary>Exec: rows of the terminal; 0 is 24.</summary>
    public int Rows { get; init; }

    /// <summary>Exec: columns of the terminal; 0 is 80.</summary>
    public int Columns { get; init; }

    /// <summary>Forward: TCP port in the guest.</summary>
    public int Port { get; init; }

    /// <summary>Logs: entries after this cursor; null for the newest <see cref="Tail"/>.</summary>
    public ulong? After { get; init; }

    /// <summary>Logs: how many of the newest entries to begin with.</summary>
    public int Tail { get; init; }

    /// <summary>Logs: go on with what comes.</summary>
    public bool Follow { get; init; }

    /// <summary>Logs: begin with the first of them that is not older, in nanoseconds since 1970; 0 for all.</summary>
    public long SinceUnixNs { get; init; }

    /// <summary>Decodes a frame's content.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not an opening.</exception>
    public static SessionOpen Decode(ReadOnlyMemory<byte> content) => WireReader.Decode(content, "session", static reader =>
    {
        SessionKind? kind = null;
        SessionOpen open = new() { Kind = default };
        reader.ReadMap(key =>
        {
            if (key == 0)
            {
                kind = reader.ReadEnum<SessionKind>();
                return true;
            }

            SessionOpen? next = open.Take(reader, key);
            open = next ?? open;
            return next is not null;
        });
        return open with { Kind = kind ?? throw reader.Fault("a kind (key 0)", "none") };
    });

    /// <summary>Encodes the frame's content.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        map.Field(0, (int)Kind);
        map.TextListField(1, Command);
        map.TextMapField(2, Environment);
        map.Field(3, User);
        map.Field(4, WorkingDirectory);
        map.Field(5, Terminal);
        map.Field(6, Rows);
        map.Field(7, Columns);
        map.Field(8, Port);
        if (After is ulong after)
        {
            map.Field(9, after);
        }

        map.Field(10, Tail);
        map.Field(11, Follow);
        if (SinceUnixNs != 0)
        {
            map.Field(12, SinceUnixNs);
        }
    }));

    private SessionOpen? Take(WireReader reader, int key) => key switch
    {
        1 => this with { Command = reader.ReadList(static r => r.ReadText()) },
        2 => this with { Environment = reader.ReadTextMap() },
        3 => this with { User = reader.ReadText() },
        4 => this with { WorkingDirectory = reader.ReadText() },
        5 => this with { Terminal = reader.ReadBoolean() },
        6 => this with { Rows = reader.ReadInt32(0, MaxTerminalSize) },
        7 => this with { Columns = reader.ReadInt32(0, MaxTerminalSize) },
        8 => this with { Port = reader.ReadInt32(0, PortMapping.MaxPort) },
        9 => this with { After = reader.ReadUInt64() },
        10 => this with { Tail = reader.ReadInt32(0, MaxTail) },
        11 => this with { Follow = reader.ReadBoolean() },
        12 => this with { SinceUnixNs = reader.ReadInt64() },
        _ => null,
    };
}
