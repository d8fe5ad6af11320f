"""The recurrent base models: a sequence to one class, and a sequence to the next token of each step."""

from torch import nn
from torch.nn import functional as F

CELLS = {'gru': nn.GRU, 'lstm': nn.LSTM}


class SequenceClassifier(nn.Module):
    """[N, steps, features] to logits [N, classes]: an optional convolution over time, a recurrent layer, a head.

    `front` is None, or (channels, kernel, stride) of the convolution, which ends in a relu.
    The head reads the hidden state after the last step.
    """

    def __init__(self, features, hidden, classes, cell='gru', front=None):
        super().__init__()
        self.front = None
        if front is not None:
            channels, kernel, stride = front
            self.front = nn.Conv1d(features, channels, kernel, stride, kernel // 2)
            features = channels
        self.recurrent = CELLS[cell](features, hidden, batch_first=True)
        self.head = nn.Linear(hidden, classes)

    def forward(self, x):
        if self.front is not None:
            x = F.relu(self.front(x.transpose(1, 2))).transpose(1, 2)
        _, state = self.recurrent(x)
        hidden = state[0] if isinstance(state, tuple) else state
        return self.head(hidden[-1])


class NextToken(nn.Module):
    """Tokens [N, steps] (integers) to logits [N, steps, tokens] of the token that follows each."""

    def __init__(self, tokens, size, hidden, cell='gru'):
        super().__init__()
        self.embedding = nn.Embedding(tokens, size)
        self.recurrent = CELLS[cell](size, hidden, batch_first=True)
        self.head = nn.Linear(hidden, tokens)

    def forward(self, tokens):
        y, _ = self.recurrent(self.embedding(tokens))
        return self.head(y)
