namespace MicroVm.Vmm.Guest.Setup;

/// <summary><c>/etc/hosts</c>, hosts(5).</summary>
internal static class HostsFile
{
    /// <summary>What an image's file becomes: one that is empty is filled, and the guest's own name is added where it lacks.</summary>
    internal static string With(string before, string name, string address)
    {
        string own = $"{address} {name}\n";
        if (before.Length == 0)
        {
            return $"127.0.0.1 localhost\n::1 localhost\n{own}";
        }

        return Names(before, name) ? before : $"{before}{(before.EndsWith('\n') ? "" : "\n")}{own}";
    }

    private static bool Names(string text, string name)
    {
        foreach (string line in text.Split('\n'))
        {
            int comment = line.IndexOf('#');
            string[] words = (comment < 0 ? line : line[..comment]).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (Array.IndexOf(words, name) > 0)
            {
                return true;
            }
        }

        return false;
    }
}
