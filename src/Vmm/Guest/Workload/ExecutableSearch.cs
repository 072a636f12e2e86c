namespace MicroVm.Vmm.Guest.Workload;

/// <summary>Where a program may be, as execvp(3) looks.</summary>
internal static class ExecutableSearch
{
    /// <summary>
    /// Paths to try in turn: the name itself when it has a slash, else the name in each directory of the environment's PATH,
    /// where an empty one is the working directory.
    /// </summary>
    internal static IEnumerable<string> Candidates(string program, IReadOnlyList<string> environment)
    {
        if (program.Contains('/'))
        {
            return [program];
        }

        string path = environment.LastOrDefault(entry => entry.StartsWith("PATH=", StringComparison.Ordinal))?[5..] ?? WorkloadPlan.DefaultPath;
        return path.Split(':').Select(directory => directory.Length == 0 ? program : $"{directory}/{program}");
    }
}
