namespace MicroVm.Vmm.Mmds.Network;

/// <summary>What a connection made of a segment.</summary>
internal enum TcpOutcome
{
    /// <summary>It was part of the connection.</summary>
    Taken,

    /// <summary>It was not what the connection expects, which stays as it is.</summary>
    Unusual,

    /// <summary>It belongs to another connection with the same ports: a reset is due.</summary>
    Foreign,

    /// <summary>The connection cannot go on: a reset is due, and it is over.</summary>
    Broken,
}
