namespace MicroVm.EdgeAgent.Programs;

/// <summary>Programs of the host that the agent needs: a firewall's, a file system's.</summary>
internal interface IPrograms
{
    /// <summary>Where a program is; null when the host has none of that name.</summary>
    string? Find(string name);

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="Interop.OsFaultException">There is no such program, or it could not be started.</exception>
    Task<ProgramOutcome> RunAsync(string name, params IReadOnlyList<string> arguments);
}
