using System.Globalization;
using System.Text;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Codecs;

namespace MicroVm.EdgeAgent.Desired;

/// <summary>
/// Whether changes of the desired state wait: an engineer on site may hold a device as it is. Newer documents are still taken and kept; what
/// runs goes on, and is started again as it was when it ends, until the switch is released. It is a file in the data directory, so it
/// outlives the agent and a reboot, and whoever looks at the disk sees it.
/// </summary>
internal sealed class PauseSwitch
{
    /// <summary>Longest reason in characters; a longer one is cut.</summary>
    internal const int MaxReasonCharacters = 200;

    private const string FileName = "paused";

    private readonly string _directory;
    private readonly string _path;
    private readonly Lock _lock = new();
    private volatile string? _text;

    /// <summary>The switch as it was left.</summary>
    /// <exception cref="StoreException">Its file is there and cannot be read.</exception>
    internal PauseSwitch(string dataDirectory)
    {
        _directory = dataDirectory;
        _path = Path.Combine(dataDirectory, FileName);
        try
        {
            _text = File.Exists(_path) ? File.ReadAllText(_path).TrimEnd('\n') : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"{_path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Raised after it was switched.</summary>
    internal event Action? Changed;

    /// <summary>Who holds the device, since when and why, in one line; null when nobody does.</summary>
    internal string? Text => _text;

    /// <summary>Holds the device from now on; somebody else's reason is replaced.</summary>
    /// <exception cref="StoreException">That could not be made durable; nothing changed.</exception>
    internal void Hold(uint uid, string reason, DateTimeOffset now)
    {
        string time = now.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
        string cut = ShortText.Of(reason, MaxReasonCharacters);
        string text = $"since {time} by uid {uid}" + (cut.Length == 0 ? "" : $": {cut}");
        lock (_lock)
        {
            Write(() =>
            {
                string next = _path + ".new";
                using (FileStream file = new(next, FileMode.Create, FileAccess.Write))
                {
                    file.Write(Encoding.UTF8.GetBytes(text + "\n"));
                    file.Flush(flushToDisk: true);
                }

                File.Move(next, _path, overwrite: true);
            });
            _text = text;
        }

        Changed?.Invoke();
    }

    /// <summary>Lets changes through again.</summary>
    /// <exception cref="StoreException">That could not be made durable; nothing changed.</exception>
    internal void Release()
    {
        lock (_lock)
        {
            Write(() => File.Delete(_path));
            _text = null;
        }

        Changed?.Invoke();
    }

    private void Write(Action change)
    {
        try
        {
            change();
            Libc.SyncDirectory(_directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OsFaultException)
        {
            throw new StoreException($"{_path}: cannot be changed: {e.Message}", e);
        }
    }
}
