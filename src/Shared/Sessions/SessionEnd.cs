namespace MicroVm.Shared.Sessions;

/// <summary>By whom a relayed session ended.</summary>
public enum SessionEnd
{
    /// <summary>The answering side said that it is over.</summary>
    Closed,

    /// <summary>The asking side is gone, or did what it may not.</summary>
    AskingSide,

    /// <summary>The answering side is gone without a word, or did what it may not.</summary>
    AnsweringSide,

    /// <summary>Whoever relays ended it.</summary>
    Relay,
}
