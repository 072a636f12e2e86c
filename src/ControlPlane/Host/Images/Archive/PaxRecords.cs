using System.Buffers.Text;

namespace MicroVm.ControlPlane.Host.Images.Archive;

/// <summary>
/// The records of a pax extended header that matter to a root file system: <c>LENGTH KEY=VALUE\n</c> each, values any bytes
/// (POSIX.1-2017, pax, extended header). The last one of a key wins; an empty value takes back.
/// </summary>
internal sealed class PaxRecords
{
    private const string XattrPrefix = "SCHILY.xattr.";

    private readonly Dictionary<string, string> _values = [];
    private readonly Dictionary<string, byte[]> _xattrs = [];

    /// <summary>No records.</summary>
    public static PaxRecords None { get; } = new();

    /// <summary>Extended attributes that squashfs can hold, ordered by name.</summary>
    public IReadOnlyList<ExtendedAttribute> ExtendedAttributes =>
        [.. _xattrs.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(static pair => new ExtendedAttribute(pair.Key, pair.Value))];

    /// <summary>True when the content is stored as GNU's sparse maps and so is not the file's content.</summary>
    public bool IsSparse { get; private set; }

    /// <summary>A record's value as raw text; null when absent.</summary>
    public string? this[string key] => _values.GetValueOrDefault(key);

    /// <summary>Takes an extended header apart.</summary>
    /// <param name="records">The header's content.</param>
    /// <param name="thing">What it belongs to, for errors.</param>
    /// <exception cref="ImageImportException">It is malformed.</exception>
    public static PaxRecords Parse(ReadOnlySpan<byte> records, string thing)
    {
        PaxRecords parsed = new();
        while (!records.IsEmpty)
        {
            bool counted = Utf8Parser.TryParse(records, out int length, out int digits);
            if (!counted || length <= digits + 2 || length > records.Length || records[digits] != ' ' || records[length - 1] != '\n')
            {
                throw ImageImportException.Invalid(thing, "extended header records 'LENGTH KEY=VALUE'", RawText.Show(RawText.Of(records)));
            }

            ReadOnlySpan<byte> record = records[(digits + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals <= 0)
            {
                throw ImageImportException.Invalid(thing, "KEY=VALUE in an extended header", RawText.Show(RawText.Of(record)));
            }

            parsed.Take(RawText.Of(record[..equals]), record[(equals + 1)..]);
            records = records[length..];
        }

        return parsed;
    }

    private void Take(string key, ReadOnlySpan<byte> value)
    {
        if (key.StartsWith(XattrPrefix, StringComparison.Ordinal))
        {
            TakeXattr(key[XattrPrefix.Length..], value);
        }
        else if (key.StartsWith("GNU.sparse.", StringComparison.Ordinal))
        {
            IsSparse = true;
        }
        else if (value.IsEmpty)
        {
            _values.Remove(key);
        }
        else
        {
            _values[key] = RawText.Of(value);
        }
    }

    private void TakeXattr(string name, ReadOnlySpan<byte> value)
    {
        // squashfs stores three name spaces. An overlay file system's own marks would change what the guest's overlay
        // shows over this image, and by the image specification they have no meaning in a layer.
        bool stored = name.StartsWith("user.", StringComparison.Ordinal)
            || name.StartsWith("trusted.", StringComparison.Ordinal)
            || name.StartsWith("security.", StringComparison.Ordinal);
        bool overlay = name.StartsWith("trusted.overlay.", StringComparison.Ordinal)
            || name.StartsWith("user.overlay.", StringComparison.Ordinal);
        if (stored && !overlay)
        {
            _xattrs[name] = value.ToArray();
        }
    }
}
