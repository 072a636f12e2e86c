using System.Globalization;
using System.Text;
using MicroVm.Vmm.Guest.Interop;

namespace MicroVm.Vmm.Guest.Workload;

/// <summary>
/// The image's users and groups. The C library's lookups load modules at run time, which a static program cannot; lines that
/// are no entries are skipped, as they do.
/// </summary>
internal sealed record AccountFiles(IReadOnlyList<PasswdEntry> Users, IReadOnlyList<GroupEntry> Groups)
{
    private const int LimitBytes = 1 << 20;
    private const int PasswdFields = 7;
    private const int GroupFields = 4;

    /// <summary>Reads the files under the present root; absent ones are empty.</summary>
    internal static AccountFiles Load() => Parse(ReadText("/etc/passwd"), ReadText("/etc/group"));

    internal static AccountFiles Parse(string passwd, string group) => new([.. ParsePasswd(passwd)], [.. ParseGroup(group)]);

    private static string ReadText(string path) => Encoding.UTF8.GetString(Fd.ReadFile(path, LimitBytes) ?? []);

    private static IEnumerable<PasswdEntry> ParsePasswd(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            string[] fields = line.Split(':');
            if (fields.Length >= PasswdFields && fields[0].Length > 0 && TryParseId(fields[2], out uint uid) && TryParseId(fields[3], out uint gid))
            {
                yield return new PasswdEntry(fields[0], uid, gid, fields[5]);
            }
        }
    }

    private static IEnumerable<GroupEntry> ParseGroup(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            string[] fields = line.Split(':');
            if (fields.Length >= GroupFields && fields[0].Length > 0 && TryParseId(fields[2], out uint gid))
            {
                string[] members = fields[3].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
                yield return new GroupEntry(fields[0], gid, members);
            }
        }
    }

    /// <summary>A decimal id; 2^32 - 1 means "no change" to the kernel and is none.</summary>
    internal static bool TryParseId(string text, out uint id) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id != uint.MaxValue;
}
