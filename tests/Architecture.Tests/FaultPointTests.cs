using System.Text.RegularExpressions;

namespace MicroVm.Architecture.Tests;

/// <summary>
/// Whatever the agent does that outlives it has a fault point before and after, at which a test kills it. What is new and has none is found here.
/// </summary>
public sealed class FaultPointTests
{
    private const int LinesBefore = 16, LinesAfter = 16;

    private const string Effect =
        @"\bFile\.(Move|Delete|Copy|Create|Write\w+|Append\w+|SetUnixFileMode|CreateSymbolicLink)\(|\bDirectory\.(CreateDirectory|Delete|Move)\(" +
        @"|\.SetLength\(|\bLibc\.(PosixSpawn|PidfdSendSignal|MakeTap)\(|\.Bind\(|\blinks\.(Ensure\w+|Remove)\(|\bfirewall\.(Apply|Remove)Async\(|\bforwarding\.Enable\(";

    /// <summary>Files whose effects need no point, and why.</summary>
    private static readonly Dictionary<string, string> s_exempt = new()
    {
        ["Hosting/DataDirectory.cs"] = "makes what every start makes",
        ["Hosting/Wipe.cs"] = "its mark comes first, and the next start goes on with it",
        ["Desired/PauseSwitch.cs"] = "one file, replaced whole",
        ["Store/SqliteStore.cs"] = "the database's own file; its writes have points",
        ["Local/LocalServer.cs"] = "its socket is bound anew by every start",
        ["Vms/OutputCap.cs"] = "bounds a log that a VMM writes; done again at the next look",
        ["Networks/Nftables.cs"] = "behind the points of the network",
        ["Networks/Forwarding.cs"] = "behind the points of the network",
        ["Networks/NetworkSysctls.cs"] = "behind the points of the network",
        ["Networks/PortHolder.cs"] = "sockets end with the agent",
        ["Networks/Names/NameServer.cs"] = "sockets end with the agent",
        ["Networks/Links/HostLinks.cs"] = "behind the points of the network",
        ["Vms/VmSupervisor.cs"] = "makes a directory that is cleared by every start of its VM",
    };

    /// <summary>Single lines that need no point, and why.</summary>
    private static readonly Dictionary<(string File, string Line), string> s_exemptLines = new()
    {
        [("Images/ImageFetcher.cs", "SetLength(")] = "the next download begins with what is there, whatever it is",
        [("Images/ImageStore.cs", "CreateDirectory(directory)")] = "makes what every start makes",
        [("Images/ImageStore.cs", "DiscardPartial(")] = "what nothing needs is collected at every start",
        [("Images/ImageStore.cs", "File.Delete(file)")] = "removes what a broken import left",
        [("Images/ImageImport.cs", "ImportPathOf(")] = "a broken import is removed at the next start",
        [("Vms/VmmLauncher.cs", "Libc.PosixSpawn(")] = "the points are around the call of the method that they are in",
        [("Programs/HostPrograms.cs", "File.Delete(output)")] = "the next start removes them",
        [("Volumes/VolumeStore.cs", "CreateDirectory(directory)")] = "makes what every volume needs",
    };

    /// <summary>Folders whose effects need no point, and why.</summary>
    private static readonly Dictionary<string, string> s_exemptFolders = new()
    {
        ["Identity"] = "files are replaced whole, the key first; it has tests of its own",
        ["Cgroups"] = "a VM's is made anew for every start, and those that no VM is in go at every start of the agent",
        ["Update"] = "slots change by one rename, and what does not work gives way; it has tests of its own",
        ["Logs"] = "what a kill or a power cut tears off is cut off at the next start; it has tests of its own",
        ["Telemetry"] = "sockets are bound anew by every start; what is spooled goes through the store",
        ["Interop"] = "called from where the points are",
        ["Doctor"] = "looks, and leaves nothing",
        ["Diagnostics"] = "the points themselves",
    };

    private static IEnumerable<SourceFile> Agent => SourceTree.Product.Where(static file => file.Path.StartsWith("src/EdgeAgent/", StringComparison.Ordinal));

    [Fact]
    public void Effects_OfTheAgent_HaveAFaultPointBeforeAndAfter() => Violations.AssertNone(
        from file in Agent
        where !s_exempt.ContainsKey(file.Path["src/EdgeAgent/".Length..]) && !s_exemptFolders.Keys.Any(file.IsIn)
        from line in Lines(file, Effect)
        where !s_exemptLines.Keys.Any(one => file.Path == "src/EdgeAgent/" + one.File && file.Code[line].Contains(one.Line, StringComparison.Ordinal))
        where !Near(file, line - LinesBefore, line, "FaultPoints.Before(") || !Near(file, line, line + LinesAfter, "FaultPoints.After(")
        select $"{file.Path}:{line + 1}: {file.Code[line].Trim()}: expected FaultPoints.Before and .After around it, or a reason here why none is needed");

    [Fact]
    public void Exemptions_AreOfFilesThatAreThere() => Violations.AssertNone(
        s_exempt.Keys.Concat(s_exemptLines.Keys.Select(static one => one.File)).Where(static path => !Agent.Any(file => file.Path == "src/EdgeAgent/" + path)));

    private static IEnumerable<int> Lines(SourceFile file, string pattern) =>
        Enumerable.Range(0, file.Code.Count).Where(line => Regex.IsMatch(file.Code[line], pattern, RegexOptions.CultureInvariant));

    private static bool Near(SourceFile file, int from, int to, string text) =>
        Enumerable.Range(Math.Max(0, from), Math.Min(file.Code.Count, to + 1) - Math.Max(0, from)).Any(line => file.Code[line].Contains(text, StringComparison.Ordinal));
}
