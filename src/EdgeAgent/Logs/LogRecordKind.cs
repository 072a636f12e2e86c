namespace MicroVm.EdgeAgent.Logs;

/// <summary>What a record of a segment is.</summary>
internal enum LogRecordKind : byte
{
    /// <summary>A line.</summary>
    Line = 1,

    /// <summary>The lines that follow are of this run and behind this sequence.</summary>
    Position = 2,
}
