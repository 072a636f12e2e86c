using System.Globalization;
using MicroVm.EdgeAgent.Observed;

namespace MicroVm.EdgeAgent.Cgroups;

/// <summary>Which process the kernel ends first when memory runs out (proc(5), <c>oom_score_adj</c>).</summary>
internal static class OomScore
{
    private const string OwnFile = "self/oom_score_adj";

    /// <summary>Puts the agent behind every VM, unless its service put it further back. Without the right to do so nothing changes.</summary>
    internal static void ProtectAgent(ProcFileSystem proc)
    {
        if (int.TryParse(proc.TryRead(OwnFile), NumberStyles.AllowLeadingSign | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int score)
            && score > VmLimits.AgentOomScoreAdjust)
        {
            _ = TrySet("self", VmLimits.AgentOomScoreAdjust);
        }
    }

    /// <summary>Sets a process's; false when it is gone or that is not allowed.</summary>
    internal static bool TrySet(string process, int score)
    {
        try
        {
            File.WriteAllText($"/proc/{process}/oom_score_adj", score.ToString(CultureInfo.InvariantCulture));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
