using MicroVm.Shared.Codecs;

namespace MicroVm.EdgeAgent.Desired;

/// <summary>Why the device refused what it was told last; goes into every report until it took something again.</summary>
internal sealed class Refusals
{
    private const int MaxCharacters = 300;

    private volatile string _current = "";

    /// <summary>Raised when it changed.</summary>
    internal event Action? Changed;

    /// <summary>The reason in one line; empty when nothing is refused.</summary>
    internal string Current => _current;

    internal void Set(string reason)
    {
        string cut = ShortText.Of(reason, MaxCharacters);
        if (cut != _current)
        {
            _current = cut;
            Changed?.Invoke();
        }
    }

    internal void Clear() => Set("");
}
